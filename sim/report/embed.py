#!/usr/bin/env python3
"""Writes a C++ file that defines a string constant with the text of another file.

Usage: embed.py HEADER NAME INPUT OUTPUT
"""
import sys

PIECE = 4000  # compilers promise no more than 65535 bytes a literal


def main():
    header, name, source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        text = file.read()
    if ')embedded"' in text:
        sys.exit(f"{source} contains the delimiter of the literal")
    pieces = [text[i:i + PIECE] for i in range(0, len(text), PIECE)] or [""]
    literals = "\n".join(f'R"embedded({piece})embedded"' for piece in pieces)
    with open(target, "w", encoding="utf-8") as file:
        file.write(f'#include "{header}"\n\nnamespace ackident {{\n\n'
                   f'const std::string_view {name} =\n{literals};\n\n}}  // namespace ackident\n')


main()
