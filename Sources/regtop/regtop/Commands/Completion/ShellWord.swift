/// Words of a command line as a shell hands them over: with their quotes and backslashes.
nonisolated enum ShellWord {
    /// The text that the shell makes of a word: quotes and backslashes are taken away. Variables
    /// and commands are not looked at.
    static func plain(_ word: String) -> String {
        var plain = String.UnicodeScalarView()
        var quote: Unicode.Scalar?
        var isEscaped = false
        for scalar in word.unicodeScalars {
            if isEscaped {
                // Within double quotes a backslash is an escape only before these.
                if quote != nil, !"\"\\$`".unicodeScalars.contains(scalar) { plain.append("\\") }
                plain.append(scalar)
                isEscaped = false
            } else if scalar == "\\", quote != "'" {
                isEscaped = true
            } else if scalar == quote {
                quote = nil
            } else if quote == nil, scalar == "'" || scalar == "\"" {
                quote = scalar
            } else {
                plain.append(scalar)
            }
        }
        return String(plain)
    }
}
