import AdminCore
import ArgumentParser

/// `regtop cat PATH`
struct CatCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Write the content of a file of the driver's tree, or of a blob, to standard output.",
        discussion: """
            The bytes as they are, put together from the chunks. A damaged file ends with an error at the first byte that is not \
            there; nothing is filled in. A digest may be shortened to its first four digits or more, with or without sha256:.

            EXAMPLES:
              regtop cat sha256:4fae… | sha256sum
              regtop cat /docker/registry/v2/blobs/sha256/4f/4fae…/data |
                sha256sum
            """)

    @OptionGroup var store: StoreOptions

    @Option(help: ArgumentHelp("Begin at this byte.", valueName: "bytes"), transform: CatCommand.offset)
    var offset: Int64 = 0

    @Argument(
        help: ArgumentHelp("The file, or the blob with this digest.", valueName: "path|digest"),
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
            context.say("\(path) has no chunk: it is an empty file, as the old driver leaves it, or has lost them all")
        }
    }

    /// By a wrong chunk size bytes would come in a wrong order, or not at all: nothing is better than that.
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
            if finding.other != nil { throw CommandFailure("\(path) is not read: \(finding)") }
        }
        return try opened.get()
    }

    private static func subject(_ text: String) throws -> GivenSubject {
        if let prefix = DigestPrefix(text) { return prefix.whole.map { .whole(.digest($0)) } ?? .blob(prefix) }
        return .whole(.path(try ArgumentText.path(text)))
    }

    private static func offset(_ text: String) throws -> Int64 {
        guard let bytes = Quantity.bytes(text), let offset = Int64(exactly: bytes) else {
            throw ValidationError("it is no offset, such as 4194304 or 4M")
        }
        return offset
    }
}
