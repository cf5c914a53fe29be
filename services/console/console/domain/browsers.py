"""A browser by the name that its owner knows, of what it says of itself."""

import re

NAMES = {
    "YaBrowser": "Яндекс Браузер",
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "HeadlessChrome": "Chrome",
    "Chrome": "Chrome",
    "Version": "Safari",
}
"""What stands before its version -> the browser. Whoever is built on Chrome says Chrome as well: Chrome comes last."""
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def named(user_agent: str) -> str:
    """`Chrome 156, Windows`; what is not known is left as it says it."""
    for token, name in NAMES.items():
        version = re.search(rf"\b{token}/(\d+)", user_agent)
        if version:
            system = next((shown for said, shown in SYSTEMS.items() if said in user_agent), "")
            return ", ".join(part for part in (f"{name} {version[1]}", system) if part)
    return user_agent
