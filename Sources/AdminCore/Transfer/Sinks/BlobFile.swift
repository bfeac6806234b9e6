import ObjectStore
import Foundation

/// A blob that is written to a file of a directory, under another name until it is published.
///
/// Concurrency: one task at a time uses it.
struct BlobFile: BlobDraft {
    private let directory: ConfinedDirectory
    private let components: [String]
    private let modified: Date?
    private let file: (descriptor: Int32, name: String)

    init(in directory: ConfinedDirectory, at components: [String], modified: Date?) async throws {
        self.directory = directory
        self.components = components
        self.modified = modified
        file = try await ConfinedDirectory.run { try directory.draft() }
    }

    func write(_ bytes: [UInt8]) async throws {
        try await ConfinedDirectory.run { [file, directory] in
            try ConfinedDirectory.write(bytes, to: file.descriptor, directory.path)
        }
    }

    func publish() async throws {
        do {
            try await ConfinedDirectory.run { [self] in
                try directory.publish(file, at: components, modified: modified)
            }
        } catch {
            await discard()
            throw error
        }
        close(file.descriptor)
    }

    func discard() async {
        // Runs also in a task that was cancelled, since a draft takes space.
        try? await BlockingCall.run(cancelled: nil) { [file, directory] in
            close(file.descriptor)
            directory.discard(file.name)
        }
    }
}
