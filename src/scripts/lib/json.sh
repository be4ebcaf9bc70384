# shellcheck shell=bash
# Reads JSON in any layout and with any escapes, and writes strings of it. It asks no server: pruning and the list work without one.
# Needs: common.sh, also for LC_ALL=C. Sets: nothing.

# usage: facts FILE      a line for each scalar of a JSON document: its path and its value, tabs between.
# The path has the names of objects' members and the indexes of arrays. Strings and names are written as PostgreSQL's to_json
# writes them, whatever their form in the file: equal texts give equal strings. A document that is cut or missing has no facts.
facts() {
  [ ! -e "$1" ] || awk '
    BEGIN {
      # Between quotation marks is a string or none: cutting pieces off the rest would take time by the square of the length.
      RS = "\""
      escape[8] = "\\b"; escape[9] = "\\t"; escape[10] = "\\n"; escape[12] = "\\f"; escape[13] = "\\r"
      escape[34] = "\\\""; escape[92] = "\\\\"
    }
    in_string {
      text = text $0
      if (substr($0, length($0)) == "\\" && match($0, /\\+$/) && RLENGTH % 2) { text = text "\""; next }
      in_string = 0
      take(canonical(text))
      next
    }
    {
      gsub(/[ \t\r\n]+/, "")
      if (length($0) > 1) {
        gsub(/[][{},:]/, " & ")
        count = split($0, tokens, " ")
        for (i = 1; i <= count; i++) take(tokens[i])
      } else if ($0 != "") {
        take($0)
      }
      in_string = 1
      text = ""
    }
    END { if (depth == 0) for (i = 1; i <= lines; i++) print line[i] }

    # The path of the container at a depth, with a tab at its end; where in it we are; and whether it is an object.
    function take(token) {
      if (token == "{" || token == "[") {
        if (depth > 0) path[depth + 1] = path[depth] place[depth] "\t"
        depth++
        place[depth] = 0
        is_object[depth] = naming = (token == "{")
      } else if (token == "}" || token == "]") {
        depth--
      } else if (token == ",") {
        place[depth]++
        naming = is_object[depth]
      } else if (token == ":") {
        naming = 0
      } else if (naming) {
        place[depth] = token
      } else {
        line[++lines] = path[depth] place[depth] "\t" token
      }
    }

    function canonical(text,    parts, count, i, code) {
      if (!index(text, "\\")) return "\"" text "\""
      count = split(text, parts, /\\/)
      text = parts[1]
      for (i = 2; i <= count; i++) {
        if (parts[i] == "") {
          text = text "\\\\" parts[++i]
        } else if (parts[i] ~ /^u/) {
          code = hex(substr(parts[i], 2, 4))
          # The first half of a surrogate pair.
          if (code >= 55296 && code < 56320 && length(parts[i]) == 5 && parts[i + 1] ~ /^u[Dd][C-Fc-f]/)
            code = (code - 55296) * 1024 + hex(substr(parts[++i], 2, 4)) + 9216
          text = text character(code) substr(parts[i], 6)
        } else {
          text = text (parts[i] ~ /^\// ? "" : "\\") parts[i]
        }
      }
      return "\"" text "\""
    }

    function hex(digits,    i, number) {
      for (i = 1; i <= length(digits); i++) number = number * 16 + index("0123456789abcdef", tolower(substr(digits, i, 1))) - 1
      return number
    }

    # In UTF-8, byte by byte: LC_ALL is C.
    function character(code) {
      if (code in escape) return escape[code]
      if (code < 32) return sprintf("\\u%04x", code)
      if (code < 128) return sprintf("%c", code)
      if (code < 2048) return sprintf("%c%c", 192 + int(code / 64), 128 + code % 64)
      if (code < 65536) return sprintf("%c%c%c", 224 + int(code / 4096), 128 + int(code / 64) % 64, 128 + code % 64)
      return sprintf("%c%c%c%c", 240 + int(code / 262144), 128 + int(code / 4096) % 64, 128 + int(code / 64) % 64, 128 + code % 64)
    }' <"$1" || fail "$1 cannot be read, see the message above. Is the storage well?"
}

# usage: plain <JSON strings      prints them as text, a line each; the escapes of control characters stay
plain() {
  sed -e 's/^"\(.*\)"$/\1/' -e 's/\\\(["\\]\)/\1/g'
}

# usage: escaped TEXT      prints it as the content of a JSON string
escaped() {
  printf '%s\n' "$1" | tr '\t\r' '  ' | tr -d '\000-\010\013-\037' | sed 's/[\\"]/\\&/g' | awk '{ printf "%s%s", (NR > 1 ? "\\n" : ""), $0 }'
}

# usage: fact FILE NAME...      prints the value at the path of these names, which are JSON strings, or the facts of an object
fact() {
  local file=$1
  shift
  facts "$file" | FACT_PATH=$(printf '%s\t' "$@") awk '
    BEGIN { path = ENVIRON["FACT_PATH"] }
    index($0, path) == 1 { print substr($0, length(path) + 1) }'
}
