import AdminCore

/// A screen that can be gone to from everywhere by its name after `:`, and from the first screen by a key as well.
struct ScreenEntry {
    /// What a screen is made from.
    struct Context {
        let store: OpenStore
        let board: TaskBoard
    }

    let name: String
    /// Only on the first screen: elsewhere keys belong to what is shown there.
    var keys: [Key] = []
    var hint: String?
    let help: String
    let make: (Context) -> any Screen
}

/// All of them. A new screen is a file of its own, and a line here.
enum ScreenCatalog {
    static let entries = [
        ScreenEntry(
            name: "tree", keys: [.character("t")], hint: "tree", help: "Shows the raw tree that the registry lies in"
        ) {
            TreeScreen($0.store, .root)
        },
        ScreenEntry(name: "pool", keys: [.character("p")], hint: "pool", help: "Shows how the pool and its cluster are")
        {
            PoolScreen($0.store)
        },
        ScreenEntry(
            name: "usage", keys: [.character("b")],
            help: "Shows where the bytes are, the largest first; reads everything"
        ) {
            UsageScreen($0.store)
        },
        ScreenEntry(
            name: "problems", keys: [.character("F")], help: "Looks for damage in the whole pool, and repairs it"
        ) {
            ProblemsScreen($0.store)
        },
        ScreenEntry(
            name: "verification", keys: [.character("V")], help: "Shows the last verification, and what it found"
        ) {
            $0.store.verification ?? VerifyScreen($0.store, [])
        },
        ScreenEntry(
            name: "collection", keys: [.character("c")],
            help: "Shows what nothing needs any more, and gives its space back step by step"
        ) {
            CollectionScreen($0.store)
        },
        ScreenEntry(name: "trash", keys: [.character("T")], help: "Shows what was deleted and can come back") {
            TrashScreen($0.store)
        },
        ScreenEntry(name: "uploads", keys: [.character("P")], help: "Shows all pushes that were never finished") {
            UploadsScreen($0.store)
        },
        ScreenEntry(name: "log", keys: [.character("L")], help: "Shows what was changed, when and by whom") {
            LogScreen($0.store)
        },
        ScreenEntry(name: "tasks", keys: [.character("W")], help: "Shows what runs, and what has run") {
            TasksScreen($0.board)
        },
    ]

    /// The commands that lead there.
    static func commands(_ context: ScreenEntry.Context, withKeys: Bool) -> [Command] {
        entries.map { entry in
            Command(
                name: entry.name, keys: withKeys ? entry.keys : [], hint: withKeys ? entry.hint : nil, help: entry.help,
                group: .place
            ) { .go(entry.make(context)) }
        }
    }
}
