import Glibc

/// Something that a process could not do.
struct ProcessFailure: Error, CustomStringConvertible {
    let description: String
}

/// Starts a program.
///
/// - Parameters:
///   - flags: Those of `posix_spawnattr_setflags`.
///   - prepare: Adds actions on the program's files.
func spawn(
    _ words: [String], flags: Int16 = 0, _ prepare: (inout posix_spawn_file_actions_t) -> Void
) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer {
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
    }
    posix_spawnattr_setflags(&attributes, flags)
    prepare(&actions)
    let arguments = words.map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    var process: pid_t = 0
    let error = posix_spawnp(&process, words[0], &actions, &attributes, arguments, environ)
    guard error == 0 else { throw ProcessFailure(description: "\(words[0]): \(String(cString: strerror(error)))") }
    return process
}
