"""Writes a manual page, compressed.

    generate.py VERSION OUTPUT program PROGRAM [SEE_ALSO]...   section 1, from the program's --help and docs/man/NAME.man
    generate.py VERSION OUTPUT ini [SEE_ALSO]...               ilnp.ini(5), from docs/configuration.md and an example

docs/man/NAME.man holds sections that only a manual page has, in roff. SEE_ALSO: other pages, such as ilnp-ctl.1
"""

import gzip
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "examples", "completion"))
import program_help  # noqa: E402


def roff(text):
    """Text, so that roff shows it as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return "\\&" + text if text.startswith(".") else text


CAPITALS = r"(?<![\w/$])[A-Z][A-Z_]*\b"
placeholders = set()  # such as LOCAL_PORT, of the program whose page is written


def marked(text):
    """The same with placeholders in italics, but no abbreviations such as TCP."""
    return re.sub(CAPITALS, lambda word: f"\\fI{word[0]}\\fR" if word[0] in placeholders else word[0], roff(text))


def find_placeholders(found):
    """The words in capitals behind a program, a command or an option."""
    for part in [found, *found.parts]:
        places = [line.partition(" ")[2] for line in part.usage]
        places += [command.arguments for command in part.commands] + [option.value for option in part.options]
        for place in places:
            placeholders.update(re.findall(CAPITALS, place))


def header(name, section, version):
    return f'.TH {name.upper().replace("-", chr(92) + "-")} {section} "" "ilnp {version}" "ilnp"\n'


def see_also(pages):
    names = [f".BR {roff(name)} ({section})" for name, section in (page.rsplit(".", 1) for page in pages)]
    return ".SH SEE ALSO\n" + " ,\n".join(names) + "\n" if names else ""


def usage(lines):
    shown = []
    for line in lines:
        program, _, rest = line.partition(" ")
        shown.append(f"\\fB{roff(program)}\\fR {marked(rest)}".rstrip())
    return "\n.br\n".join(shown) + "\n"


def about(parts):
    text = ""
    for part in parts:
        if isinstance(part, list):
            for each in part:
                text += f".TP\n\\fB{roff(each.name)}\\fR {marked(each.arguments)}".rstrip() + f"\n{marked(each.about)}\n"
        else:
            text += f".PP\n{marked(part)}\n"
    return text.removeprefix(".PP\n")


def options(entries):
    text = ""
    for each in entries:
        names = [f"\\fB{roff(name)}\\fR" for name in (each.short, each.long) if name]
        text += ".TP\n" + ", ".join(names) + (f" {marked(each.value)}" if each.value else "") + "\n" + marked(each.about)
        text += f" (default: {roff(each.default)})\n" if each.default else "\n"
    return text


def summary(found):
    """The first sentence, or its beginning, as `apropos` shows it."""
    text = re.split(r"[.:](?:\s|$)", found.about[0])[0]
    if len(text) > 80:
        text = text.split(",")[0]
    return text[0].lower() + text[1:]


def program_page(version, path, pages):
    found = program_help.read(path)
    name = found.words[0]
    find_placeholders(found)
    text = header(name, 1, version)
    text += f".SH NAME\n{roff(name)} \\- {roff(summary(found))}\n"
    text += ".SH SYNOPSIS\n" + usage(found.usage)
    text += ".SH DESCRIPTION\n" + about(found.about)
    text += ".SH OPTIONS\n" + options(found.options)
    for part in found.parts:
        text += f".SH {roff(' '.join(part.words)).upper()}\n{usage(part.usage)}.PP\n{about(part.about)}{options(part.options)}"
    own = os.path.join(HERE, name + ".man")
    if os.path.exists(own):
        with open(own) as file:
            text += file.read()
    return text + see_also(pages)


def unlinked(text):
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"[*`]", "", text)


def ini_page(version, pages):
    with open(os.path.join(ROOT, "docs", "configuration.md")) as file:
        body = file.read().split("## The configuration file\n")[1].split("\n## ")[0]
    text = header("ilnp.ini", 5, version)
    text += ".SH NAME\nilnp.ini \\- configuration of a node of an ILNP overlay network\n.SH DESCRIPTION\n"
    rows = re.findall(r"(?m)^\| (\w+) \| (`\w+`) \| (.*?) \| (.*) \|$", body)
    keys = ""
    last = None
    for section, key, default, meaning in rows:
        if section != last:
            keys += f".SS {'Each section' if section == 'each' else '[' + section + ']'}\n"
            last = section
        default = "" if default == "–" else f" (default: {default})"
        keys += f".TP\n\\fB{roff(unlinked(key))}\\fR{roff(unlinked(default))}\n{roff(unlinked(meaning))}\n"
    if not rows:
        raise ValueError("docs/configuration.md has no table of keys")
    before, _, after = body.partition("\n| section ")
    after = after.split("|\n\n", 1)[1]

    def paragraphs(part):
        part = part.replace("A dash means that there is no default. ", "")  # in a table
        return ".PP\n".join(f"{roff(unlinked(' '.join(each.split())))}\n" for each in part.strip().split("\n\n"))

    text += paragraphs(before) + ".SH KEYS\n" + keys + ".SH NOTES\n" + paragraphs(after)
    with open(os.path.join(ROOT, "examples", "config", "alice.ini")) as file:
        text += ".SH EXAMPLE\n.EX\n" + "".join(roff(line) for line in file) + ".EE\n"
    return text + see_also(pages)


def main(version, output, kind, *arguments):
    if kind == "ini":
        text = ini_page(version, arguments)
    else:
        text = program_page(version, arguments[0], [page for page in arguments[1:]
                                                    if page != os.path.basename(arguments[0]) + ".1"])
    os.makedirs(os.path.dirname(output), exist_ok=True)
    with open(output, "wb") as file:
        file.write(gzip.compress(text.encode(), 9, mtime=0))  # the same input gives the same file


if __name__ == "__main__":
    main(*sys.argv[1:])
