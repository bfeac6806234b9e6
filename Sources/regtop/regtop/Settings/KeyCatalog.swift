import ConsoleKit

/// The keys of all commands, screen by screen, so that a mistake in the keys of the configuration
/// is found before any screen exists. A test compares it with the screens.
nonisolated struct KeyCatalog {
    /// The commands of a screen with their keys. A command of the screen itself comes before one
    /// that works everywhere.
    struct Place: Sendable {
        let name: String
        let own: [String: [Key]]
        /// The same and the commands that work everywhere.
        let all: [String: [Key]]
    }

    static let places: [Place] = screens.map { name, texts in
        let own = texts.reduce(into: [:]) { $0.merge(commands($1)) { first, _ in first } }
        return Place(name: name, own: own, all: own.merging(everywhere) { first, _ in first })
    }

    /// The names of all commands.
    static let names = Set(places.flatMap(\.all.keys))

    static let everywhere = commands(
        """
        help=?,F1 back=Left,h,Backspace quit=q escape=Esc command=: yank=y command-line= messages= redraw=^L theme= \
        mouse= details=| tree=t pool=p usage=b problems=F verification=X collection=c trash=T uploads=P log=L recover= settings= \
        tasks=W go= store=
        """)

    private static let texts =
        "down=Down,j,Enter up=Up,k page-down=PgDn,^F,Space page-up=PgUp,^B top=g,Home bottom=G,End"
    private static let table = """
        down=Down,j up=Up,k page-down=PgDn,^F page-up=PgUp,^B half-down=^D half-up=^U top=g,Home bottom=G,End filter=/ \
        sort=s reverse=S clip=Y next-match=n previous-match=N
        """
    private static let folders = "turn-folder=Enter enter-folder=Right,l close-folder=Left,h folders=f"
    private static let marks = "mark=Space range=V mark-all=* invert=i mark-matching=+ unmark-all=U"

    private static let screens: [(String, [String])] = [
        (
            "Repositories",
            [
                table, marks, folders,
                """
                open=Enter,Right,l delete=d,Del delete-now=D move=m copy=C diff= policy= verify=v export=e undo=u redo=^R \
                unique=% refresh=r write= caches-flushed= no-cache=
                """,
            ]
        ),
        (
            "Repository",
            [
                table, marks,
                """
                open=Enter,Right,l compare== against= delete=d,Del retag=m copy=C tag= verify=v export=e undo=u redo=^R \
                refresh=r tree=t write=
                """,
            ]
        ),
        (
            "Manifest",
            [
                table,
                "open=Enter,Right,l chunks=o config=i delete=d,Del repair=R tag= undo=u redo=^R refresh=r verify=v write=",
            ]
        ),
        ("Blob", [table, "open=Enter,Right,l why=w repair=R undo=u redo=^R refresh=r verify=v write="]),
        ("Object", [texts, "refresh=r"]),
        ("Recipe", [texts]),
        ("ImageDifference", [table, "open=Enter,Right,l refresh=r"]),
        ("Difference", [table, "open=Enter,Right,l refresh=r"]),
        ("Tree", [table, "open=Enter,Right,l object=o refresh=r write="]),
        ("Uses", [table, "open=Enter,Right,l refresh=r write="]),
        ("Pool", [table, "refresh=r"]),
        ("Usage", [table, marks, folders, "open=Enter,Right,l delete=d,Del undo=u redo=^R why=w refresh=r write="]),
        ("Problems", [table, marks, "open=Enter,Right,l repair=R mark-kind=K hash=H undo=u redo=^R refresh=r write="]),
        ("Verify", [table, "open=Enter,Right,l refresh=r write="]),
        (
            "Collection",
            [
                table,
                "mark-needed=M next-step=x delay= grace= max-share= untagged= uploads-older-than= undo=u redo=^R refresh=r write=",
            ]
        ),
        ("Results", [texts, "undo=u redo=^R"]),
        ("Trash", [table, marks, "restore=Enter restore-as=m drop=d,Del empty=E undo=u redo=^R refresh=r write="]),
        ("Uploads", [table, marks, "open=Enter,Right,l delete=d,Del undo=u redo=^R refresh=r write="]),
        ("Log", [table, "open=Enter,Right,l undo=u redo=^R refresh=r write="]),
        ("LogEntry", [texts, "undo=u redo=^R"]),
        ("Recover", [table, "finish=R refresh=r caches-flushed= no-cache="]),
        ("Tasks", [table, "cancel=x,Del write="]),
        ("Settings", [texts]),
        ("Help", [texts]),
        ("Messages", [texts]),
        ("Pools", [table, "open=Enter,Right,l"]),
    ]

    /// Reads names with keys, such as `open=Enter,l delete=d`.
    private static func commands(_ text: String) -> [String: [Key]] {
        let pairs = text.split(separator: " ").map { word in
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts[1].split(separator: ",").compactMap { Key(label: String($0)) })
        }
        return Dictionary(pairs) { first, _ in first }
    }

    /// A key that two commands of a screen have.
    struct Conflict: Equatable {
        /// The command with a key of the user's own.
        let name: String
        let key: Key
        let other: String
        let place: String
    }

    /// Returns the first key of the user's own that has another meaning on the same screen. Two
    /// commands that share a key by themselves never work at the same time.
    static func conflict(in map: KeyMap) -> Conflict? {
        for (name, keys) in map.keys.sorted(by: { $0.key < $1.key }) {
            for place in places where place.all[name] != nil {
                func usual(_ name: String) -> [Key] { (place.all[name] ?? []) + KeyMap.functionKeys(of: name) }
                for key in keys {
                    let isUsual = usual(name).contains(key)
                    let other = place.all.keys.sorted().first { other in
                        let usual = usual(other)
                        return other != name && (map.keys[other] ?? usual).contains(key)
                            && !(isUsual && usual.contains(key))
                    }
                    if let other { return Conflict(name: name, key: key, other: other, place: place.name) }
                }
            }
        }
        return nil
    }
}
