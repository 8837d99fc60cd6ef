"""Writes the completion of a program for a shell, from the program's --help.

    generate.py bash|zsh|fish OUTPUT PROGRAM
"""

import os
import re
import sys

sys.dont_write_bytecode = True
import program_help  # noqa: E402

# What a value or an argument is, by the name that --help gives it.
SUFFIXES = {"CONFIG": ".ini", "SCENARIO": ".lab"}
FILES = {"PATH", "FILE", "ADDRESS:PORT|PATH"}
FOLDERS = {"FOLDER"}
WORDS = {"LEVEL": ["error", "warning", "notice", "info", "debug"], "FORMAT": ["text", "json", "journal"]}
INTERFACES = {"--interface"}  # options that take the name of a network interface


def arguments(page):
    """The names of the arguments by position, from the first line of the usage."""
    text = re.sub(r"\[--[^]]*\]", "", page.usage[0])
    found = [word.strip("[]") for word in text.split()[len(page.words):]]
    return [word for word in found if re.fullmatch(r"[A-Z_]+", word) and word != "OPTIONS"]


def short(text, most=70):
    """An explanation that fits beside an option."""
    text = re.split(r"[;(]|: ", text)[0].strip().rstrip(",")
    return text if len(text) <= most else text[:most].rpartition(" ")[0] + " ..."


# How a shell completes each of these.
VALUES = {
    "bash": {"interface": '_ilnp_words "$(cd /sys/class/net && echo *)"', "words": '_ilnp_words "{}"', "suffix": "_ilnp_files '*{}'",
             "file": "_ilnp_files '*'", "folder": "_ilnp_files ''", "other": ":"},
    "zsh": {"interface": "_net_interfaces", "words": "({})", "suffix": '_files -g "*{}(-.)"', "file": "_files", "folder": "_files -/",
            "other": " "},
    "fish": {"interface": " -x -a '(command ls /sys/class/net)'", "words": " -x -a '{}'", "suffix": " -x -a '(__fish_complete_suffix {})'",
             "file": " -r -F", "folder": " -x -a '(__fish_complete_directories)'", "other": " -x"},
}


def value(shell, kind, option=""):
    """The completion of a value or an argument; `option`: whose value it is."""
    ways = VALUES[shell]
    if option in INTERFACES:
        return ways["interface"]
    if kind in WORDS:
        return ways["words"].format(" ".join(WORDS[kind]))
    if kind in SUFFIXES:
        return ways["suffix"].format(SUFFIXES[kind])
    return ways["file" if kind in FILES else "folder" if kind in FOLDERS else "other"]


# --- bash

BASH = r"""# bash completion for @name@, made from @name@ --help
_@function@() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} given=() i
  [[ $current != "=" ]] || current=
  [[ $before != "=" ]] || before=${COMP_WORDS[COMP_CWORD - 2]}
  _ilnp_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }
  _ilnp_files() { # files of a pattern, and folders
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -d -- "$current"; [[ -z $1 ]] || compgen -f -X "!$1" -- "$current")
    mapfile -t COMPREPLY < <(printf '%s\n' "${COMPREPLY[@]}" | sort -u | sed '/^$/d')
  }
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      @valued@) [[ ${COMP_WORDS[i + 1]} != "=" ]] || ((i++)); ((i++)) ;;
      -*) ;;
      *) given+=("${COMP_WORDS[i]}") ;;
    esac
  done
@body@
  unset -f _ilnp_words _ilnp_files
}
complete -F _@function@ @name@
"""


def bash_case(page, skip):
    """The completion of one command line; `skip` arguments before were the command."""
    text = "    case $before in\n"
    for option in page.options:
        if option.value:
            names = "|".join(name for name in (option.short, option.long) if name)
            text += f"      {names}) {value('bash', option.value, option.long)} ;;\n"
    names = " ".join(sorted(name for option in page.options for name in (option.long, option.short) if name))
    text += "      *)\n"
    text += f'        if [[ $current == -* ]]; then _ilnp_words "{names}"; else\n'
    text += "          case ${#given[@]} in\n"
    for at, kind in enumerate(arguments(page)):
        if kind == "COMMAND" and page.commands:
            action = f'_ilnp_words "{" ".join(command.name for command in page.commands)}"'
        else:
            action = value("bash", kind)
        text += f"            {at + skip}) {action} ;;\n"
    text += "          esac\n        fi ;;\n    esac\n"
    return text


def bash(page):
    pages = [page, *page.parts]
    valued = sorted({name for each in pages for option in each.options if option.value
                     for name in (option.short, option.long) if name})
    if page.parts:
        body = "  case ${given[0]-} in\n"
        for part in page.parts:
            body += f"  {part.words[1]})\n{bash_case(part, 1)}    ;;\n"
        names = " ".join(command.name for command in page.commands)
        options = " ".join(name for option in page.options for name in (option.long, option.short) if name)
        body += f'  "") if [[ $current == -* ]]; then _ilnp_words "{options}"; else _ilnp_words "{names}"; fi ;;\n  esac'
    else:
        body = bash_case(page, 0).rstrip("\n")
    return (BASH.replace("@body@", body).replace("@valued@", "|".join(valued) or "''")
            .replace("@function@", page.words[0].replace("-", "_")).replace("@name@", page.words[0]))


# --- zsh

def zsh_text(text):
    return re.sub(r"([][:\\])", r"\\\1", text).replace("'", "'\\''")


def zsh_arguments(page):
    specs = []
    for option in page.options:
        names = [name for name in (option.short, option.long) if name]
        alone = "(- *)" if option.long in ("--help", "--version") else "" if option.repeatable else f"({' '.join(names)})"
        for name in names:
            spec = "*" if option.repeatable else alone
            spec += name + (("=" if name.startswith("--") else "+") if option.value else "")
            spec += f"[{zsh_text(short(option.about))}]"
            if option.value:
                spec += f":{zsh_text(option.value)}:{value('zsh', option.value, option.long)}"
            specs.append(f"'{spec}'")
    for at, kind in enumerate(arguments(page), 1):
        if kind == "COMMAND" and page.commands:
            listed = " ".join(f'{each.name}\\:"{zsh_text(short(each.about))}"' for each in page.commands)
            specs.append(f"'{at}:command:(({listed}))'")
            specs.append("'*:argument: '")
        else:
            specs.append(f"'{at}:{kind}:{value('zsh', kind)}'")
    return "_arguments -s -S \\\n    " + " \\\n    ".join(specs) + "\n"


def zsh(page):
    text = f"#compdef {page.words[0]}\n# zsh completion for {page.words[0]}, made from {page.words[0]} --help\n\n"
    if not page.parts:
        return text + zsh_arguments(page)
    listed = " ".join(f'{each.name}\\:"{zsh_text(short(each.about))}"' for each in page.commands)
    own = zsh_arguments(page).rstrip("\n").replace("_arguments -s -S", "_arguments -C -s -S")
    own = re.sub(r" \\\n    '1:.*", "", own, flags=re.DOTALL)
    text += "local curcontext=$curcontext state line\n" + own
    text += f" \\\n    '1:command:(({listed}))' '*::argument:->rest' && return\n"
    text += "[[ $state == rest ]] || return\ncase $words[1] in\n"
    for part in page.parts:
        text += f"  {part.words[1]}) {zsh_arguments(part).rstrip()} ;;\n"
    return text + "esac\n"


# --- fish

def fish_text(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish_page(page, when):
    name = page.words[0]
    text = ""
    for option in page.options:
        text += f"complete -c {name}{when} -l {option.long[2:]}" + (f" -s {option.short[1:]}" if option.short else "")
        text += (value("fish", option.value, option.long) if option.value else "") + f" -d {fish_text(short(option.about))}\n"
    for kind in arguments(page):
        if kind in SUFFIXES and not page.parts:  # else it is an argument of a command
            text += f"complete -c {name}{when}{value('fish', kind)}\n"
    return text


def fish(page):
    name = page.words[0]
    commands = " ".join(command.name for command in page.commands)
    text = f"# fish completion for {name}, made from {name} --help\ncomplete -c {name} -f\n"
    none_yet = f" -n 'not __fish_seen_subcommand_from {commands}'"
    for command in page.commands:
        text += f"complete -c {name}{none_yet} -a {command.name} -d {fish_text(short(command.about))}\n"
    text += fish_page(page, none_yet if page.parts else "")
    for part in page.parts:
        text += fish_page(part, f" -n '__fish_seen_subcommand_from {part.words[1]}'")
    return text


def main(shell, output, program):
    text = {"bash": bash, "zsh": zsh, "fish": fish}[shell](program_help.read(program))
    os.makedirs(os.path.dirname(output), exist_ok=True)
    with open(output, "w") as file:
        file.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
