"""Writes a C++ file whose function returns the text of another file.

Usage: embed_text.py TEXT OUTPUT HEADER FUNCTION
"""
import sys


def main():
    text_path, output_path, header, function = sys.argv[1:]
    with open(text_path, encoding="utf-8") as file:
        lines = file.read().splitlines(keepends=True)
    with open(output_path, "w", encoding="utf-8") as out:
        # The standard asks for literals up to 64 KiB; both compilers take longer ones.
        out.write('#pragma GCC diagnostic ignored "-Woverlength-strings"\n')
        out.write(f'#include "{header}"\n\nnamespace ackident {{\n\n')
        out.write(f"std::string_view {function}() {{\n  return\n")
        for line in lines:
            escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            out.write(f'      "{escaped}"\n')
        out.write("      ;\n}\n\n}  // namespace ackident\n")


if __name__ == "__main__":
    main()
