"""What sources call the types, the languages and the statuses of papers → our words for them."""


def language_code(text: str) -> str:
    """Return the ISO 639-1 code of a language, given by a code or a name; as printed if unknown."""
    return text.strip().lower()[:2]
