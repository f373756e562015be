"""The keys of vendors, by their beginnings.

Where the source gives a length, half of it is enough: the beginning identifies a key too, and formats grow.
"""

from __future__ import annotations

_DIGIT = rb"(?=[A-Za-z_-]{0,200}\d)"
_LETTERS = _DIGIT + rb"[A-Za-z0-9]{20,}"
_SAFE = _DIGIT + rb"[\w-]{20,}"
_MOSTLY_LETTERS = _DIGIT + rb"[A-Za-z0-9]{20,}[\w-]*"
_BOTH_CASES = rb"(?=[a-z0-9]{0,200}[A-Z])(?=[A-Z0-9]{0,200}[a-z])" + _LETTERS
_HEX = rb"[0-9a-fA-F]{32,}"
_BASE64 = rb"(?=[A-Za-z+/]{0,200}\d)[A-Za-z0-9+/]{20,}[\w+/-]*={0,2}"

# Microsoft's page on connection strings of Azure Storage; Service Bus has SharedAccessKey
CONNECTION_KEYS = ("AccountKey", "AccessKey")
"""The fields of a connection string that hold a key."""

VENDORS: tuple[tuple[str, tuple[str, ...], bytes], ...] = (
    # --- models, and the services used with them
    # trufflehog, `xai`: xai-[0-9a-zA-Z_]{80}
    ("an xAI key", ("xai-",), _SAFE),
    # gitleaks, `perplexity-api-key`: pplx-[a-zA-Z0-9]{48}
    ("a Perplexity key", ("pplx-",), _LETTERS),
    # trufflehog, `replicate`: r8_[0-9A-Za-z-_]{37}
    ("a Replicate token", ("r8_",), _MOSTLY_LETTERS),
    # NVIDIA's page on NGC keys ("begins with nvapi-"); trufflehog, `nvapi`: nvapi-[a-zA-Z0-9_-]{64}
    ("an NVIDIA key", ("nvapi-",), _SAFE),
    # Cerebras' quickstart: csk-..., of 48 letters and digits
    ("a Cerebras key", ("csk-",), _LETTERS),
    # Fireworks' page on API keys: fw_..., and fpk_... for older ones
    ("a Fireworks key", ("fw_", "fpk_"), _LETTERS),
    # trufflehog, `langsmith`: lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}; ls__ before that
    ("a LangSmith key", ("lsv2_pt_", "lsv2_sk_", "ls__"), rb"[0-9a-fA-F]{20,}\w*"),
    # trufflehog, `pinecone`: pcsk_[A-Za-z0-9]{5,6}_[A-Za-z0-9]{63}
    ("a Pinecone key", ("pcsk_",), rb"(?=[A-Za-z_]{0,200}\d)\w{20,}"),
    # gitleaks, `aws-amazon-bedrock-api-key-long-lived` and `...-short-lived`
    ("a Bedrock key", ("ABSK",), rb"[A-Za-z0-9+/]{60,}={0,2}"),
    ("a Bedrock key", ("bedrock-api-key-",), rb"[A-Za-z0-9+/_%-]{20,}={0,2}"),
    # gitleaks, `huggingface-organization-api-token`
    ("a Hugging Face token", ("api_org_",), rb"[A-Za-z0-9]{30,}"),
    # trufflehog, `weightsandbiases`: wandb_v1_[A-Za-z0-9]{27}_[A-Za-z0-9]{49}
    ("a Weights & Biases key", ("wandb_v1_",), rb"[A-Za-z0-9]{20,}\w*"),
    # Together's reference: tgp_v1_...
    ("a Together key", ("tgp_v1_",), _SAFE),
    # trufflehog, `voyageai`: pa-[a-zA-Z0-9_-]{43}
    ("a Voyage key", ("pa-",), rb"(?=[A-Za-z_-]{0,200}\d)[\w-]{43}(?![\w-])"),
    # Tavily's quickstart: tvly-..., tvly-dev-...
    ("a Tavily key", ("tvly-",), _SAFE),
    # Firecrawl's reference: fc-... of 32 hexadecimal digits
    ("a Firecrawl key", ("fc-",), _HEX),
    # Jina's reference: jina_...
    ("a Jina key", ("jina_",), _MOSTLY_LETTERS),
    # E2B's page on API keys: e2b_... of 40 hexadecimal digits
    ("an E2B key", ("e2b_",), _HEX),
    # ElevenLabs' reference: sk_... of 48 hexadecimal digits
    ("a key", ("sk_",), _HEX),
    # Vercel's page on the AI Gateway: vck_...
    ("a Vercel key", ("vck_", "vcp_"), _LETTERS),
    # LlamaIndex' page on API keys; gitleaks, `logfire`: pylf_v1_us_...; trufflehog, `apify`: apify_api_ and 36 letters
    ("a LlamaCloud key", ("llx-",), _LETTERS),
    ("a Logfire token", ("pylf_v1_us_", "pylf_v1_eu_"), _LETTERS),
    ("an Apify token", ("apify_api_",), _LETTERS),
    # PostHog's and Resend's references: phx_..., phs_..., re_..._...
    ("a PostHog key", ("phx_", "phs_"), _LETTERS),
    ("a Resend key", ("re_",), rb"(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}"),
    # --- Google: its page "Secrets" on the formats of OAuth tokens; trufflehog, `googleoauth2`
    ("a Google token", ("ya29.",), rb"[\w-]{20,}"),
    ("a Google client secret", ("GOCSPX-",), rb"[\w-]{20,}"),
    ("a Google refresh token", ("1//0",), rb"[\w-]{20,}"),
    # --- code and packages
    # GitLab's page "Token overview", on prefixes
    (
        "a GitLab token",
        (
            *("glpat-", "gldt-", "glft-", "glsoat-", "glrt-", "glrtr-", "glcbt-", "glptt-", "glimt-", "glagent-"),
            *("gloas-", "glffct-", "glwt-"),
        ),
        rb"[\w-]{20,}(?:\.[0-9a-z]{2}(?:\.?[0-9a-z]{7,9})?(?!\w))?",
    ),
    # gitleaks, `npm-access-token`, `pypi-upload-token`, `rubygems-api-token`; Docker's page on access tokens
    ("an npm token", ("npm_",), rb"[A-Za-z0-9]{30,}"),
    ("a PyPI token", ("pypi-",), _DIGIT + rb"[\w-]{32,}"),
    ("a RubyGems key", ("rubygems_",), _HEX),
    ("a Docker token", ("dckr_pat_", "dckr_oat_"), _SAFE),
    # gitleaks, `atlassian-api-token`, `sourcegraph-access-token`, `postman-api-token`, `linear-api-key`; Figma's page
    # on access tokens
    ("an Atlassian token", ("ATATT3", "ATCTT3"), rb"[\w=-]{40,}"),
    ("a Sourcegraph token", ("sgp_",), rb"(?:[0-9a-fA-F]{16}_)?[0-9a-fA-F]{40}"),
    ("a Postman key", ("PMAK-",), rb"[0-9a-fA-F]{24}-[0-9a-fA-F]{34}"),
    ("a Linear key", ("lin_api_", "lin_oauth_"), _LETTERS),
    ("a Figma token", ("figd_",), _SAFE),
    # trufflehog, `terraformcloudpersonal`, `buildkite`, `sonarcloud`, `netlify`; gitleaks, `prefect-api-token`,
    # `readme-api-token`, `infracost-api-token`; CircleCI's page on personal tokens
    ("a Buildkite token", ("bkua_",), _HEX),
    ("a CircleCI token", ("CCIPAT_", "CCIPRJ_"), rb"(?=[A-Za-z_]{0,200}\d)\w{20,}"),
    ("a Sonar token", ("sqp_", "squ_", "sqa_"), _HEX),
    ("a Netlify token", ("nfp_",), _LETTERS),
    ("a Prefect key", ("pnu_",), _LETTERS),
    ("a ReadMe key", ("rdme_",), _DIGIT + rb"[a-z0-9]{35,}"),
    ("an Infracost key", ("ico-",), rb"(?=[A-Za-z]{0,30}\d)[A-Za-z0-9]{32}(?![\w-])"),
    # Notion's changelog of September 2024
    ("a Notion token", ("ntn_",), _LETTERS),
    ("a Notion token", ("secret_",), rb"[A-Za-z0-9]{43}(?![A-Za-z0-9])"),
    # --- money, mail and messages
    # gitleaks, `stripe-access-token`; Stripe's and Svix' pages on the signing secrets of webhooks
    ("a Stripe key", ("sk_live_", "sk_test_", "sk_prod_", "rk_live_", "rk_test_", "rk_prod_"), rb"[A-Za-z0-9]{10,}"),
    ("a webhook secret", ("whsec_",), _BASE64),
    # gitleaks, `square-access-token`, `shopify-...`, `sendgrid-api-token`, `sendinblue-api-token`, `mailgun`, `twilio`
    ("a Square token", ("sq0atp-", "sq0csp-"), rb"[\w-]{22,}"),
    ("a Shopify token", ("shpat_", "shpca_", "shppa_", "shpss_"), _HEX),
    ("a SendGrid key", ("SG.",), rb"[\w=-]{16,}\.[\w=-]{16,}"),
    ("a Brevo key", ("xkeysib-",), rb"[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    # gitleaks, `shippo-api-token`, `duffel-api-token`, `typeform-api-token`; trufflehog,
    # `hubspot`
    ("a Shippo token", ("shippo_live_", "shippo_test_"), _HEX),
    ("a Duffel token", ("duffel_live_", "duffel_test_"), _SAFE),
    ("a Typeform token", ("tfp_",), _DIGIT + rb"[\w=-]{30,}"),
    ("a HubSpot token", ("pat-na1-", "pat-eu1-", "pat-na2-"), rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"),
    ("a Mailgun key", ("key-",), rb"[0-9a-f]{32}(?!\w)"),
    # Slack's page on tokens: app-level tokens, and those that expire; gitleaks, `slack-webhook-url`
    ("a Slack token", ("xapp-",), rb"\d-[A-Za-z0-9-]{20,}"),
    ("a Slack token", ("xoxe.xoxb-", "xoxe.xoxp-"), rb"[\w-]{20,}"),
    ("a Slack webhook", ("hooks.slack.",), rb"com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{20,}"),
    # --- clouds and their services
    # gitleaks, `vault-service-token` and `vault-batch-token`; Vault's page on tokens, for recovery tokens
    ("a Vault token", ("hvs.", "hvb.", "hvr."), _SAFE),
    # gitleaks, `databricks-api-token`
    ("a Databricks token", ("dapi",), rb"[0-9a-f]{32}(?:-\d)?(?![0-9a-f])"),
    # gitleaks: `digitalocean-...`, `doppler-api-token`, `planetscale-...`, `grafana-...`, `sentry-...`, `heroku-...`,
    # `flyio-access-token`, `1password-service-account-token`, `age-secret-key`, `pulumi`
    ("a DigitalOcean token", ("dop_v1_", "doo_v1_", "dor_v1_"), _HEX),
    ("a Doppler token", ("dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."), rb"[\w-]{20,}"),
    ("a PlanetScale token", ("pscale_tkn_", "pscale_oauth_", "pscale_pw_"), rb"[\w=.-]{31,}[\w=-]"),
    ("a Grafana token", ("glsa_", "glc_"), _BASE64),
    ("a Sentry token", ("sntrys_", "sntryu_"), _BASE64),
    ("a Heroku key", ("HRKU-",), rb"AA[\w-]{40,}"),
    ("a Fly.io token", ("fo1_", "fm1r_", "fm1a_", "fm2_"), rb"[\w+/-]{43,}={0,3}"),
    ("a 1Password token", ("ops_",), rb"eyJ[A-Za-z0-9+/]{100,}={0,3}"),
    ("an age key", ("AGE-SECRET-KEY-1",), rb"[0-9A-Z]{50,}"),
    ("a Pulumi token", ("pul-",), _HEX),
    # gitleaks, `contentful...`, `dynatrace-api-token`, `alibaba-access-key-id`; pages on keys of Neon,
    # Tailscale and Render
    ("a Contentful token", ("CFPAT-",), _SAFE),
    ("a Dynatrace token", ("dt0c01.", "dt0s16."), rb"[A-Z0-9]{20,}\.[A-Z0-9]{60,}"),
    ("an Alibaba access key", ("LTAI",), rb"(?=[A-Za-z]{0,200}\d)[A-Za-z0-9]{20}(?!\w)"),
    ("a Neon key", ("napi_",), rb"(?=[A-Za-z]{0,200}\d)[A-Za-z0-9]{40,}"),
    ("a Tailscale key", ("tskey-auth-", "tskey-api-", "tskey-client-"), _SAFE),
    ("a Render key", ("rnd_",), _BOTH_CASES),
    # Supabase's page on API keys
    ("a Supabase key", ("sbp_",), _HEX),
    ("a Supabase key", ("sb_secret_",), _SAFE),
    # New Relic's page on API keys
    ("a New Relic key", ("NRAK-",), rb"[A-Z0-9]{20,}"),
    ("an Azure account key", tuple(f"{field}=" for field in CONNECTION_KEYS), rb"[A-Za-z0-9+/]{40,}={0,2}"),
)
"""The name of a key in reports, its beginnings, and the pattern of the rest."""
