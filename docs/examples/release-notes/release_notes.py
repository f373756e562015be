"""Let a model turn commit messages into release notes, with plain httpx."""

import os

import httpx

RULES = (
    "You write release notes for people who use a command line tool. Group the changes under the headings New, Fixed "
    "and Breaking, leave out what users do not notice, and write one short line for each change. Leave out a heading "
    "that has no change."
)


def write(commits):
    """Return the notes as Markdown."""
    answer = httpx.post(
        f"{os.environ.get('SAMURAI_BASE_URL', 'https://www.samuraiapi.in/v1')}/chat/completions",
        headers={"Authorization": f"Bearer {os.environ['SAMURAI_API_KEY']}"},
        json={
            "model": "gpt-4o-mini",
            "temperature": 0,
            "messages": [
                {"role": "system", "content": RULES},
                {"role": "user", "content": "\n".join(f"- {commit}" for commit in commits)},
            ],
        },
        timeout=60,
    )
    answer.raise_for_status()
    return answer.json()["choices"][0]["message"]["content"]
