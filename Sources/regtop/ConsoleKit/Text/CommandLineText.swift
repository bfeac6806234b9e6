/// A command as it can be pasted into a shell.
nonisolated enum CommandLineText {
    private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@,+%".utf8)

    /// `regtop` and the words, quoted where a shell would take them for something else.
    static func of(_ words: [String]) -> String {
        (["regtop"] + words.map(quoted)).joined(separator: " ")
    }

    private static func quoted(_ word: String) -> String {
        !word.isEmpty && word.utf8.allSatisfy(plain.contains) ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
