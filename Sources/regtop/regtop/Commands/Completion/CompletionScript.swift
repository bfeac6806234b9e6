import ArgumentParser

/// The completion scripts of the shells: those of swift-argument-parser, with their shortcomings
/// mended.
///
/// - In bash and zsh, options may precede the subcommand (`regtop -p pool show …`), as in the
///   program itself.
/// - bash splits words at `:`, `=` and `@`, so the parser's script never sees a reference.
/// - The parser's script for bash hands values to `compgen -W`, which executes the commands in
///   them, and that for zsh takes a colon for the end of a value.
nonisolated enum CompletionScript {
    /// The script for a shell; nil for an unknown shell.
    static func text(for shell: String) -> String? {
        guard let shell = CompletionShell(rawValue: shell) else { return nil }
        let script = Regtop.completionScript(for: shell)
        switch shell {
        case .bash:
            return script.replacing("complete -o filenames -F _regtop regtop", with: filled(bash))
        case .zsh:
            return script.replacing("if [[ \"${funcstack[1]}\" = _regtop ]]; then", with: filled(zsh))
        default: return script
        }
    }

    /// The shell whose script the words ask for, by default that of the user; nil if they ask for
    /// something else. Every form that the parser accepts counts, because its own script must not
    /// appear.
    static func request(in words: [String]) -> String? {
        let flag = "--generate-completion-script"
        guard let index = words.firstIndex(where: { $0 == flag || $0.hasPrefix(flag + "=") }) else { return nil }
        if words[index] != flag { return String(words[index].dropFirst(flag.count + 1)) }
        return words.dropFirst(index + 1).first ?? CompletionShell.autodetected()?.rawValue
    }

    /// A text with the options that take a value.
    private static func filled(_ text: String) -> String {
        text.replacing("@OPTIONS@", with: CommandWords.valued.sorted().joined(separator: " "))
    }

    private static let bash = #"""
        # The values are plain text: nothing in them is expanded.
        __regtop_add_completions() {
            local completion plain="${cur//[\\\'\"]/}"
            if [[ "${1}" != -W ]]; then
                compopt -o filenames
                while IFS='' read -r completion; do
                    COMPREPLY+=("${completion}")
                done < <(IFS=$'\n' compgen "${@}" -- "${cur}")
                return
            fi
            while IFS='' read -r completion; do
                [[ -n "${completion}" && "${completion//[\\\'\"]/}" = "${plain}"* ]] || continue
                [[ "${completion}" != *[:/] ]] || compopt -o nospace
                completion="${completion#"${regtop_head}"}"
                case "${regtop_quote}" in
                '') printf -v completion %q "${completion}" ;;
                \') [[ "${completion}" != *\'* ]] || continue ;;
                \") [[ "${completion}" != *[\"\$\`\\!]* ]] || continue ;;
                esac
                COMPREPLY+=("${completion}")
            done <<<"${2}"
        }

        # Hands over whole words, of which the first is the subcommand.
        _regtop_words() {
            local -a words=()
            local -i index at=0 current=0 over first=1
            local word rest blank
            for index in "${!COMP_WORDS[@]}"; do
                word="${COMP_WORDS[index]}"
                rest="${COMP_LINE:at}"
                blank="${rest%%[![:space:]]*}"
                at=at+${#blank}+${#word}
                if ((index > COMP_CWORD)) && ((current == ${#words[@]} - 1)) && [[ -z "${blank}" ]]; then
                    # The rest of the word behind the cursor.
                    continue
                fi
                if ((index == COMP_CWORD)); then
                    over=at-COMP_POINT
                    if ((over > ${#word})); then
                        # The cursor is in the space before this word.
                        current=${#words[@]}
                        words+=("")
                    elif ((over > 0)); then
                        word="${word:0:${#word}-over}"
                    fi
                fi
                if ((index > 0)) && [[ -z "${blank}" ]]; then
                    words[${#words[@]} - 1]+="${word}"
                else
                    words+=("${word}")
                fi
                if ((index == COMP_CWORD && over <= ${#COMP_WORDS[index]})); then current=${#words[@]}-1; fi
            done

            # Options may precede the subcommand.
            while ((first < current)) && [[ "${words[first]}" = -* ]]; do
                if [[ " @OPTIONS@ " = *" ${words[first]} "* ]]; then first+=2; else first+=1; fi
            done
            if ((first < current)); then
                words=("${words[0]}" "${words[first]}" "${words[@]:1:first-1}" "${words[@]:first+1}")
            elif ((first == current)) && [[ "${words[current]}" != -* ]]; then
                words=("${words[0]}" "${words[@]:current}")
                current=1
            else
                words=("${words[0]}" console "${words[@]:1}")
                current+=1
            fi

            # --pool=x is --pool x.
            word="${words[current]}"
            if [[ "${word}" = --*=* ]]; then
                words=("${words[@]:0:current}" "${word%%=*}" "${word#*=}" "${words[@]:current+1}")
                current+=1
                word="${words[current]}"
            fi

            # readline replaces only the part behind the last colon, and not an opening quote.
            local regtop_head="${word%"${2}"}" regtop_quote=""
            case "${regtop_head: -1}" in
            [\'\"]) regtop_quote="${regtop_head: -1}" ;;
            esac
            regtop_head="${regtop_head//[\\\'\"]/}"

            local -a COMP_WORDS=("${words[@]}")
            local -i COMP_CWORD=current
            local COMP_LINE="${words[*]:0:current+1}"
            local -i COMP_POINT=${#COMP_LINE}
            # The parser's function leaves a trap that resets the options of the shell.
            local return_trap
            return_trap="$(trap -p RETURN)"
            _regtop "${1}" "${word}" "${words[current - 1]}"
            trap - RETURN
            eval "${return_trap}"
        }

        complete -F _regtop_words regtop
        """#

    private static let zsh = #"""
        # The values are plain text: a colon is part of them.
        __regtop_custom_complete() {
            # Only with history expansion does zsh quote a ! in a value.
            setopt localoptions banghist
            local -a values
            values=("${(@f)"$("${command_name}" "${@}" "${command_line[@]}" 2>/dev/null)"}")
            values=("${(@)values:#[[:space:]]#}")
            local -ar open=("${(@M)values:#*[:\/]}") whole=("${(@)values:#*[:\/]}")
            local -i missing=1
            if (( ${#open} )) && compadd -S '' -- "${open[@]}"; then missing=0; fi
            if (( ${#whole} )) && compadd -- "${whole[@]}"; then missing=0; fi
            return missing
        }

        # Hands over words of which the first is the subcommand.
        __regtop_words() {
            emulate -L zsh
            # Keeps the words after this function returns.
            compstate[restore]=""
            local -i first=2
            while (( first < CURRENT )) && [[ "${words[first]}" = -* ]]; do
                if [[ " @OPTIONS@ " = *" ${words[first]} "* ]]; then (( first += 2 )); else (( first += 1 )); fi
            done
            if (( first < CURRENT )); then
                words=("${words[1]}" "${words[first]}" "${(@)words[2,first-1]}" "${(@)words[first+1,-1]}")
            elif (( first == CURRENT )) && [[ "${words[CURRENT]}" != -* ]]; then
                words=("${words[1]}" "${(@)words[CURRENT,-1]}")
                (( CURRENT = 2 ))
            else
                words=("${words[1]}" console "${(@)words[2,-1]}")
                (( CURRENT += 1 ))
            fi
        }

        functions[__regtop_of_the_parser]="${functions[_regtop]}"
        _regtop() {
            __regtop_words
            __regtop_of_the_parser "${@}"
        }

        if [[ "${funcstack[1]}" = _regtop ]]; then
        """#
}
