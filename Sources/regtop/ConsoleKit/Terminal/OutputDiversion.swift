import Glibc

/// While the console runs, standard output and standard error lead to a file: librados and libraries below it write to
/// them whenever they like, and a single line would spoil the screen.
nonisolated struct OutputDiversion: ~Copyable {
    /// Where standard output led before, and leads again in the end. Valid as long as this value lives.
    let output: Int32
    /// The same of standard error.
    let error: Int32

    /// `path` is created for the user alone if need be and appended to; nil, or one that cannot be opened, drops the text.
    init(to path: String?) throws(TerminalError) {
        var file: Int32 = -1
        if let path { file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600) }
        if file < 0 { file = open("/dev/null", O_WRONLY | O_CLOEXEC) }
        let output = fcntl(1, F_DUPFD_CLOEXEC, 3)
        let error = fcntl(2, F_DUPFD_CLOEXEC, 3)
        guard file >= 0, output >= 0, error >= 0 else {
            throw .system("set the standard output aside", code: errno)
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
