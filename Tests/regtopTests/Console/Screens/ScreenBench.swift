import Synchronization
import Testing

@testable import AdminCore
@testable import ConsoleKit
@testable import ObjectStore
@testable import SQLiteStore
@testable import SampleRegistry
@testable import StorageDriver
@testable import regtop

/// A console on the sample registry whose loop is the test.
@MainActor final class ScreenBench {
    let ping = Ping()
    /// Holds reads of the store.
    let gate: ReadGate
    let writer: TollWriter
    let store: OpenStore
    let console: Console
    var size = Size(rows: 24, columns: 80)

    /// - Parameters:
    ///   - isReadOnly: Whether the session is read-only; otherwise only the console may be.
    ///   - reason: Why the console allows no changes; nil if it does.
    ///   - refusal: The answer of the store to every write.
    ///   - settings: The user's configuration.
    ///   - prepare: Changes the sample before the console opens it.
    convenience init(
        isReadOnly: Bool = false, reason: String? = nil, refusal: StoreError? = nil, settings: Settings = Settings(),
        prepare: (any ObjectWriter) async throws -> Void = { _ in }
    ) async throws {
        let sample = try SQLiteStore.inMemory(clock: .test)
        try await SampleRegistry.make(in: sample.reader, sample.writer)
        try await prepare(sample.writer)
        let writer = TollWriter(sample.writer, refusal: refusal)
        let gate = ReadGate()
        let session = Session(
            name: "sample registry (in memory)", reader: SteadyReader(base: sample.reader, gate: gate),
            writer: isReadOnly ? nil : writer,
            chunkSize: StorageReader.defaultChunkSize, journal: JournalPolicy(delay: 0, clock: .test)
        ) { await sample.close() }
        self.init(session, writer, gate, reason: reason, settings: settings)
        console.start()
        await settle()
    }

    /// Another console on the store of `other`, as after a restart.
    convenience init(after other: ScreenBench) async {
        self.init(other.store.session, other.writer, other.gate, reason: nil, settings: other.store.settings)
        console.start()
        await settle()
    }

    private init(_ session: Session, _ writer: TollWriter, _ gate: ReadGate, reason: String?, settings: Settings) {
        self.writer = writer
        self.gate = gate
        let store = OpenStore(session, settings: settings)
        self.store = store
        let board = TaskBoard { [ping] in ping.send() }
        console = Console(
            root: RepositoriesScreen(store), board: board, readOnlyReason: reason, keys: settings.keys,
            header: { store.header },
            places: {
                let change = StoreSwitch(
                    store: store, board: board, options: SessionOptions(), staysReadOnly: false,
                    open: { _ in throw SessionError.noRegistry(pools: []) }, opened: { _, _ in })
                return ScreenCatalog.commands(.init(store: store, board: board), change, withHints: $0)
            },
            refreshHeader: { store.beat(board) })
    }

    /// Draws and drains until no query runs.
    func settle() async {
        console.drain()
        _ = console.frame(size)
        while console.board.busy > 0 {
            for await _ in ping.stream { break }
            console.drain()
            _ = console.frame(size)
        }
    }

    /// Draws and drains until something is true, while queries may still run.
    func wait(until isTrue: () -> Bool) async {
        console.drain()
        while !isTrue() {
            for await _ in ping.stream { break }
            console.drain()
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

    /// Filters for a row and puts the cursor on it.
    func find(_ text: String) async {
        await press(.character("/"))
        await type(text)
        await press(.enter)
    }

    /// Reads the question and answers it with yes, typed if necessary.
    func accept() async {
        guard case .question(let panel, _) = console.overlay else {
            Issue.record("nothing is asked: \(text)")
            return
        }
        await press(.pageDown, .pageDown, .pageDown)
        guard let typed = panel.typed else { return await press(.character("y")) }
        await type(typed)
        await press(.enter)
    }

    var text: String { console.frame(size).text }

    /// The words of the screen, without its breaks of lines.
    var words: String { text.split { $0 == " " || $0 == "\n" }.joined(separator: " ") }

    var rows: [String] { text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }

    var title: String { console.screen.title.title }

    var status: String { rows[size.rows - 2] }
}

/// A writer that counts, and refuses on demand.
final class TollWriter: ObjectWriter {
    private let base: any ObjectWriter
    private let refusal: StoreError?
    private let writes = Mutex(0)

    init(_ base: any ObjectWriter, refusal: StoreError? = nil) {
        self.base = base
        self.refusal = refusal
    }

    var count: Int { writes.withLock { $0 } }

    func apply(_ operation: WriteOperation, to object: ObjectID) async -> WriteOutcome {
        writes.withLock { $0 += 1 }
        if let refusal { return .failed(refusal) }
        return await base.apply(operation, to: object)
    }
}

/// Holds reads of one object until it opens.
final class ReadGate: Sendable {
    private struct State {
        var object: ObjectID?
        /// The number of reads that pass.
        var free = 0
        var held: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Closes for an object after a number of reads.
    func close(_ object: ObjectID, after reads: Int) {
        state.withLock { ($0.object, $0.free) = (object, reads) }
    }

    func open() {
        let held = state.withLock { state in
            defer { state = State() }
            return state.held
        }
        for read in held { read.resume() }
    }

    func pass(_ object: ObjectID) async {
        await withCheckedContinuation { read in
            let passes = state.withLock { state in
                guard state.object == object else { return true }
                state.free -= 1
                if state.free < 0 { state.held.append(read) }
                return state.free >= 0
            }
            if passes { read.resume() }
        }
    }
}

/// A store with constant load and size, so that headers can be compared. The real size depends on
/// the order of writes.
struct SteadyReader: WrappingReader {
    let base: any ObjectReader
    let gate: ReadGate

    func read(_ operation: ReadOperation, of object: ObjectID) async throws -> ObjectState? {
        await gate.pass(object)
        return try await base.read(operation, of: object)
    }

    var load: StoreLoad { StoreLoad(inFlight: 0, limit: 128, latency: 0.0004) }

    func status() async throws -> StoreStatus {
        var status = try await base.status()
        status.bytesUsed = 12 << 20
        return status
    }
}
