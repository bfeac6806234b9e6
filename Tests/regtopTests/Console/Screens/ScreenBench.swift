import Testing

@testable import AdminCore
@testable import regtop

/// A console over the sample registry, with the loop's part played by the test.
@MainActor final class ScreenBench {
    let ping = Ping()
    let writer: TollWriter
    let store: OpenStore
    let console: Console
    var size = Size(rows: 24, columns: 80)

    /// - Parameters:
    ///   - isReadOnly: whether the session is; else only the console may be.
    ///   - reason: why the console changes nothing; nil if it may.
    ///   - refusal: how the store answers every write.
    ///   - prepare: does something to the sample before it is looked at.
    init(
        isReadOnly: Bool = false, reason: String? = nil, refusal: StoreError? = nil,
        prepare: (any ObjectWriter) async throws -> Void = { _ in }
    ) async throws {
        let sample = try SQLiteStore.inMemory(clock: .test)
        try await SampleRegistry.make(in: sample.reader, sample.writer)
        try await prepare(sample.writer)
        let writer = TollWriter(sample.writer, refusal: refusal)
        self.writer = writer
        let store = OpenStore(
            Session(
                name: "sample registry (in memory)", reader: SteadyReader(base: sample.reader),
                writer: isReadOnly ? nil : writer,
                chunkSize: StorageReader.defaultChunkSize, journal: JournalPolicy(delay: 0, clock: .test)
            ) { await sample.close() })
        self.store = store
        let board = TaskBoard { [ping] in ping.send() }
        console = Console(
            root: RepositoriesScreen(store), board: board, readOnlyReason: reason, header: { store.header },
            places: { ScreenCatalog.commands(.init(store: store, board: board), withKeys: $0) },
            refreshHeader: { store.beat(board) })
        console.start()
        await settle()
    }

    /// Draws and drains until nothing runs any more.
    func settle() async {
        console.drain()
        _ = console.frame(size)
        while console.board.busy > 0 {
            for await _ in ping.stream { break }
            console.drain()
            _ = console.frame(size)
        }
    }

    func press(_ keys: Key...) async {
        for key in keys {
            console.handle(key, size: size)
            await settle()
        }
    }

    func type(_ text: String) async {
        for character in text { await press(.character(character)) }
    }

    /// Filters so that one row is left, which the cursor is then on.
    func find(_ text: String) async {
        await press(.character("/"))
        await type(text)
        await press(.enter)
    }

    /// Says yes to the question, as it wants to hear it.
    func accept() async {
        guard case .question(let panel, _) = console.overlay else {
            Issue.record("nothing is asked: \(text)")
            return
        }
        guard let typed = panel.typed else { return await press(.character("y")) }
        await type(typed)
        await press(.enter)
    }

    var text: String { console.frame(size).text }

    var rows: [String] { text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }

    var title: String { console.screen.title.title }

    var status: String { rows[size.rows - 2] }
}
