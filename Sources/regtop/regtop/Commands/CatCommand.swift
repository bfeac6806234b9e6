import AdminCore
import ArgumentParser

/// `regtop cat PATH`
struct CatCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Write the content of a blob or of a file in the driver's tree.",
        discussion: """
            The content goes to standard output, unchanged. A damaged file ends with an error at the first missing byte. \
            The first four digits of a digest are enough, with or without sha256:.

            EXAMPLES:
              regtop cat sha256:4fae… | sha256sum
              regtop cat /docker/registry/v2/blobs/sha256/4f/4fae…/data |
                sha256sum
            """)

    @OptionGroup var store: StoreOptions

    @Option(help: ArgumentHelp("The first byte to write.", valueName: "bytes"), transform: CatCommand.offset)
    var offset: Int64 = 0

    @Argument(
        help: ArgumentHelp("A file, or the digest of a blob.", valueName: "path|digest"),
        completion: .values(.file),
        transform: CatCommand.subject)
    var given: GivenSubject

    func run(in context: CommandContext) async throws {
        let session = context.session
        let (path, pieces) = try await Missing.named(given, in: session) { subject in
            let path = try await BlobInspector(registry: session.registry).path(of: subject)
            return (path, try await wholePieces(of: path, in: session.storage))
        }
        let length = pieces.size - UInt64(offset)
        var done: UInt64 = 0
        for try await piece in pieces {
            try await context.streams.write(piece)
            done += UInt64(piece.count)
            context.progress.show(WorkProgress(phase: "reading", unit: .bytes, completed: done, total: length))
        }
        if pieces.state == .empty {
            context.say("\(path) has no chunks: either it is empty, or all of them are lost")
        }
    }

    /// Refuses to read with a wrong chunk size, which would change the order of the bytes.
    private func wholePieces(of path: StoragePath, in storage: StorageReader) async throws -> FilePieces {
        let opened: Result<FilePieces, StorageError>
        do {
            opened = .success(try await storage.reader(path, offset: offset))
        } catch let error as StorageError {
            opened = .failure(error)
        }
        let isSuspect =
            switch opened {
            case .success(let pieces): pieces.state == .long
            case .failure(.damaged): true
            case .failure: false
            }
        if isSuspect {
            let finding = try await ChunkSizeProbe(storage: storage).run()
            if finding.other != nil { throw CommandFailure("\(path) cannot be read: \(finding)") }
        }
        return try opened.get()
    }

    private static func subject(_ text: String) throws -> GivenSubject {
        if let prefix = DigestPrefix(text) { return prefix.whole.map { .whole(.digest($0)) } ?? .blob(prefix) }
        return .whole(.path(try ArgumentText.path(text)))
    }

    private static func offset(_ text: String) throws -> Int64 {
        guard let bytes = Quantity.bytes(text), let offset = Int64(exactly: bytes) else {
            throw ValidationError("not an offset, such as 4194304 or 4M")
        }
        return offset
    }
}
