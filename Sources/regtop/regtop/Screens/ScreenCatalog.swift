import AdminCore
import ConsoleKit

/// A screen that opens from everywhere, by its name after `:` and by a key.
struct ScreenEntry {
    /// The parts from which a screen is made.
    struct Context {
        let store: OpenStore
        let board: TaskBoard
    }

    let name: String
    /// The keys. A screen with a command of its own for a key keeps it.
    var keys: [Key] = []
    var hint: String?
    let help: String
    let make: (Context) -> any Screen
}

/// All such screens. A new screen is a file of its own and an entry here.
enum ScreenCatalog {
    static let entries = [
        ScreenEntry(
            name: "tree", keys: [.character("t")], hint: "tree", help: "The tree of directories and files in the store"
        ) {
            TreeScreen($0.store, .root)
        },
        ScreenEntry(
            name: "pool", keys: [.character("p")], hint: "pool",
            help: "The pool and its cluster; \":pool NAME\" opens another pool of the cluster"
        ) {
            PoolScreen($0.store)
        },
        ScreenEntry(
            name: "usage", keys: [.character("b")],
            help: "Disk usage, the largest first (scans the whole pool)"
        ) {
            UsageScreen($0.store)
        },
        ScreenEntry(
            name: "problems", keys: [.character("F")], help: "Checks the whole pool and repairs problems"
        ) {
            ProblemsScreen($0.store)
        },
        ScreenEntry(
            name: "verification", keys: [.character("X")], help: "The last verification and its results"
        ) {
            $0.store.verification ?? VerifyScreen($0.store, [])
        },
        ScreenEntry(
            name: "collection", keys: [.character("c")],
            help: "Garbage collection: finds unreferenced blobs and frees them in steps"
        ) {
            CollectionScreen($0.store)
        },
        ScreenEntry(name: "trash", keys: [.character("T")], help: "Deletions that can be restored") {
            TrashScreen($0.store)
        },
        ScreenEntry(name: "uploads", keys: [.character("P")], help: "Unfinished uploads") {
            UploadsScreen($0.store)
        },
        ScreenEntry(name: "log", keys: [.character("L")], help: "The log of changes: what, when and by whom") {
            LogScreen($0.store)
        },
        ScreenEntry(
            name: "recover", help: "Interrupted and unfinished changes: what is left of each, and when it is due"
        ) {
            RecoverScreen($0.store)
        },
        ScreenEntry(name: "settings", help: "The configuration file, and all mistakes in it") {
            SettingsScreen($0.store.settings)
        },
        ScreenEntry(name: "tasks", keys: [.character("W")], help: "Running and finished tasks") {
            let objects = $0.store.session.objects
            return TasksScreen($0.board) { objects.load.stalled != nil }
        },
    ]

    /// Returns the commands that open these screens, the jump to a place by its name, and the
    /// change to another store.
    ///
    /// - Parameter withHints: Whether the hint bar names them.
    static func commands(
        _ context: ScreenEntry.Context, _ change: StoreSwitch, withHints: Bool
    ) -> [Command] {
        entries.map { entry in
            Command(
                name: entry.name, keys: entry.keys, hint: withHints ? entry.hint : nil, help: entry.help,
                group: .place, argument: entry.name == "pool" ? change.pool : nil
            ) { .go(entry.make(context)) }
        } + [Jump(store: context.store).command, change.command]
    }
}
