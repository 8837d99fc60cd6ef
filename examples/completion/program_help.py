"""What a program says with --help, as data. The man pages and the completions are made from it, so that they say the same."""

import dataclasses
import re
import subprocess


@dataclasses.dataclass
class Option:
    long: str  # "--quiet"
    short: str  # "-q", or ""
    value: str  # "PATH", or ""
    default: str
    about: str

    @property
    def repeatable(self):
        return "repeatable" in self.about


@dataclasses.dataclass
class Command:
    name: str
    arguments: str  # "HOST [COUNT]"
    about: str


@dataclasses.dataclass
class Help:
    words: list  # of the command line: ["ilnp-lab", "run"]
    usage: list  # lines
    about: list  # paragraphs; a list of commands is a list of Command
    options: list
    parts: list  # the Help of each command that has one of its own

    @property
    def commands(self):
        return [command for part in self.about if isinstance(part, list) for command in part]


def _options(lines):
    """The table of options. Its second column begins where the text of --help does."""
    column = next(line.index("show this text and exit") for line in lines if "--help" in line)
    found = []
    for line in lines:
        if line.startswith("  -"):
            name, about = line[:column].rstrip(), line[column:].strip()
            if len(line) > column and line[column - 1] != " ":  # a long name has its text on the next line
                name, about = line.rstrip(), ""
            match = re.fullmatch(r"  (?:(-\w) \[ (--[\w-]+) \]|(--[\w-]+))(?: ([^ (]\S*))?(?: \(=(.*)\))?", name)
            if not match:
                raise ValueError(f"not an option: {line!r}")
            short, first, second, value, default = match.groups(default="")
            found.append(Option(first or second, short, value, default, about))
        elif line.strip():
            found[-1].about = (found[-1].about + " " + line.strip()).strip()
    return found


def _about(lines):
    """Paragraphs, and lists of commands: a name after two blanks, and what it does after at least two more."""
    parts = []
    text = []
    for line in [*lines, ""]:
        row = re.fullmatch(r"  (\S+)((?: \S+)*)(?:  +(.+))?", line)
        if row or not line.strip():
            if text:
                parts.append(" ".join(text))
                text = []
            if row:
                if not parts or not isinstance(parts[-1], list):
                    parts.append([])
                parts[-1].append(Command(row[1], row[2].strip(), row[3] or ""))
        elif line.startswith("      ") and parts and isinstance(parts[-1], list):
            command = parts[-1][-1]
            command.about = (command.about + " " + line.strip()).strip()
        else:
            text.append(line.strip())
    return parts


def parse(words, text):
    head, _, options = text.partition("\nOptions:\n")
    lines = head.rstrip().split("\n")
    if not lines[0].startswith("Usage: ") or not options:
        raise ValueError(f"{' '.join(words)} --help: not as expected")
    end = lines.index("")
    usage = [lines[0].removeprefix("Usage: "), *(line.strip() for line in lines[1:end])]
    return Help(words, usage, _about(lines[end + 1:]), _options(options.split("\n")), [])


def read(path, *command):
    """The Help of a program, and of its commands if each of them takes --help."""
    name = path.rpartition("/")[2]
    done = subprocess.run([path, *command, "--help"], capture_output=True, text=True, timeout=60, check=True)
    result = parse([name, *command], done.stdout)
    for at, part in enumerate(result.about):
        if isinstance(part, str) and part.endswith("Each takes --help."):
            result.about[at] = part.removesuffix("Each takes --help.").strip()
            result.parts = [read(path, each.name) for each in result.commands]
    result.about = [part for part in result.about if part]
    return result
