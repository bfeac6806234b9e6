import Foundation

/// A directory for one test.
struct TemporaryDirectory: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "regtop-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    /// The path of a file in it.
    func path(_ name: String) -> String {
        url.appending(path: name).path(percentEncoded: false)
    }

    /// The names of the entries in it.
    func contents() throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: url.path(percentEncoded: false)))
    }

    func remove() {
        try? FileManager.default.removeItem(at: url)
    }
}
