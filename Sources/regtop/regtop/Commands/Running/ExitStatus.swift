/// How a command ends, for whoever called it.
nonisolated enum ExitStatus {
    /// All of it was done, or nobody wanted to read more.
    static let done: Int32 = 0
    /// Failed, partly failed, or answered No.
    static let failed: Int32 = 1
    /// `verify` found damage.
    static let damaged: Int32 = 4
    /// `fsck` could not look at everything, or at anything: as of fsck(8).
    static let unfinished: Int32 = 8
    /// Wrong usage; also a change with neither a terminal nor `--yes`.
    static let usage: Int32 = 64
    /// Cancelled.
    static let cancelled: Int32 = 130
}

/// Why a command ends without having done what was asked.
nonisolated struct CommandFailure: Error, CustomStringConvertible {
    /// What the program ends with.
    let status: Int32
    /// One sentence: what failed, on what, why, what to do. Empty if everything has been said.
    let description: String

    init(_ description: String, status: Int32 = ExitStatus.failed) {
        self.status = status
        self.description = description
    }

    /// Everything has been said.
    static let silent = CommandFailure("")
}
