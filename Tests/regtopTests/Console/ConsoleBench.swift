@testable import ConsoleKit
@testable import ObjectStore
import Foundation
import Synchronization
import Testing

/// A screen with every kind of command, over fixed rows.
@MainActor final class TestScreen: Screen {
    let view = TableView(testTable(["web", "api", "cron"].map { TestRow(id: $0, size: 1) }), canMark: true)
    let name: String
    var appearances = 0
    /// The number of changes that have begun.
    let changes = Mutex(0)
    var found: [Int] = []
    var work: @Sendable (Reporter<Int>) async throws -> Void = { _ in }
    /// The work of the change.
    var changing: @Sendable () async throws -> Void = {}

    init(_ name: String = "Repositories") {
        self.name = name
    }

    var title: TitleBar { TitleBar(title: name, details: view.summary) }

    func appear() -> Effect {
        appearances += 1
        return .none
    }

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    func escape() -> Bool { view.escape() }

    var pointer: (any Pointable)? { view }

    lazy var commands: [Command] =
        [
            Command(
                name: "open", keys: [.enter, .right, .character("l")], hint: "open", help: "Opens the repository",
                group: .move
            ) {
                [unowned self] in .go(TestScreen("Tags of \(view.table.selected?.id ?? "")"))
            },
            Command(name: "scan", keys: [.character("u")], help: "Counts") { [unowned self] in .ask(scan) },
            Command(
                name: "delete", keys: [.character("d")], hint: "delete", help: "Deletes the repository", group: .change,
                isChange: true, isEnabled: { [unowned self] in view.table.selected != nil }
            ) { [unowned self] in
                .propose(
                    Proposal(title: "Delete web", lines: [Line("remove 3 links")], question: "Delete web?", owner: self)
                    {
                        [unowned self] in
                        .apply(change)
                    })
            },
        ] + view.commands

    private var scan: Query {
        .stream(
            Slot(self, "scan"), "scanning", work: work, fold: { [unowned self] in found += $0 },
            end: { ending in
                switch ending {
                case .finished: .say(.info("Scanned."))
                case .cancelled: .none
                case .failed(let error): .say(.failure("\(error)"))
                }
            })
    }

    private var change: Query {
        .change(Slot(self, "change"), "deleting web", noun: "deletion", completes: "the current target") {
            [self, changing] _ in
            changes.withLock { $0 += 1 }
            try await changing()
        } then: { result in
            switch result {
            case .success: .say(.info("Deleted."))
            case .failure(let error): .say(.failure("\(error)"))
            }
        }
    }
}

/// A console whose loop is the test.
@MainActor struct Bench {
    let ping = Ping()
    let screen: TestScreen
    let console: Console
    let size = Size(rows: 12, columns: 60)

    init(readOnly: String? = nil, keys: KeyMap = KeyMap()) {
        let screen = TestScreen()
        self.screen = screen
        console = Console(
            root: screen, board: TaskBoard { [ping] in ping.send() }, readOnlyReason: readOnly, keys: keys,
            header: { HeaderBar(items: [.init(text: "regtop"), .init(text: "registry", priority: 1)]) })
        console.start()
    }

    func press(_ keys: Key...) {
        for key in keys { console.handle(key, size: size) }
    }

    func type(_ text: String) {
        for character in text { console.handle(.character(character), size: size) }
    }

    /// Drains after each ping until the condition holds.
    func settle(until condition: () -> Bool) async {
        for await _ in ping.stream {
            console.drain()
            if condition() { return }
        }
    }

    var hasOverlay: Bool {
        if case nil = console.overlay { false } else { true }
    }

    var rows: [String] {
        console.frame(size).text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}

extension WallClock {
    /// The clock of a console in a test: it is stopped at the beginning of 2026.
    static let test = WallClock.stopped(at: Date(timeIntervalSince1970: 1_767_225_600))
}
