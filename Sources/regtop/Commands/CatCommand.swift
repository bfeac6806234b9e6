import AdminCore
import ArgumentParser

/// `regtop cat PATH`
struct CatCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Write the content of a file of the driver's tree to standard output.",
        discussion: """
            The bytes as they are, put together from the chunks. A damaged file ends with an error at the first byte that is not \
            there; nothing is filled in.

            EXAMPLES:
              regtop cat /docker/registry/v2/blobs/sha256/4f/4fae…/data |
                sha256sum
            """)

    @OptionGroup var store: StoreOptions

    @Option(help: ArgumentHelp("Begin at this byte.", valueName: "bytes"), transform: CatCommand.offset)
    var offset: Int64 = 0

    @Argument(help: ArgumentHelp("The file.", valueName: "path"), transform: ArgumentText.path)
    var path: StoragePath

    func run(in context: CommandContext) async throws {
        let pieces = try await wholePieces(of: context.session.storage)
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
    private func wholePieces(of storage: StorageReader) async throws -> FilePieces {
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

    private static func offset(_ text: String) throws -> Int64 {
        guard let bytes = ByteSizeText.parse(text), let offset = Int64(exactly: bytes) else {
            throw ValidationError("it is no offset, such as 4194304 or 4M")
        }
        return offset
    }
}
