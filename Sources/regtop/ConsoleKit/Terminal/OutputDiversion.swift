import Glibc

/// Sends standard output and standard error to a file while the console runs: librados and the
/// libraries below it may write to them at any time, and one line would spoil the screen.
nonisolated struct OutputDiversion: ~Copyable {
    /// The former standard output, valid while this value lives. `deinit` restores it.
    let output: Int32
    /// The former standard error.
    let error: Int32

    /// - Parameter path: The file to append to; a new one is for the user alone. Without a path, or
    ///   if the file cannot be opened, the text is dropped.
    init(to path: String?) throws(TerminalError) {
        var file: Int32 = -1
        if let path { file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600) }
        if file < 0 { file = open("/dev/null", O_WRONLY | O_CLOEXEC) }
        let output = fcntl(1, F_DUPFD_CLOEXEC, 3)
        let error = fcntl(2, F_DUPFD_CLOEXEC, 3)
        guard file >= 0, output >= 0, error >= 0 else {
            throw .system("redirect standard output", code: errno)
        }
        fflush(nil)
        dup2(file, 1)
        dup2(file, 2)
        close(file)
        self.output = output
        self.error = error
    }

    deinit {
        fflush(nil)
        dup2(output, 1)
        dup2(error, 2)
        close(output)
        close(error)
    }
}
