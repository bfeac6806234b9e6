@testable import Changes
@testable import ConsoleKit
@testable import Presentation
@testable import Registry
@testable import regtop
import Dispatch
import Glibc
import Testing

@Suite struct SettingsTests {
    private func parse(_ text: String) -> Settings { SettingsFile.parse(text, path: "config.yml") }

    @Test func existingSettingsAreUsed() {
        let settings = parse(
            """
            registries:
              prod: {pool: registry, conf: /etc/ceph/prod.conf, name: client.regtop, read-only: true}
              copy: {store: "sqlite:/srv/copy.db"}
            tables:
              repositories: {sort: size, descending: true, columns: [name, size]}
            retention:
              "team/*": {keep: 10, keep-tags: [latest, "v*"], by: created}
              "**": {where: age>1y}
            mouse: false
            """)
        #expect(settings.problems.isEmpty)
        #expect(settings.registries["prod"]?.pool == "registry")
        #expect(settings.registries["prod"]?.readOnly == true)
        #expect(settings.registries["copy"]?.store == "sqlite:/srv/copy.db")
        #expect(settings.tables["repositories"]?.sort?.name == "size")
        #expect(settings.tables["repositories"]?.columns?.map(\.name) == ["name", "size"])
        #expect(!settings.hasMouse)
        #expect(settings.retention.map { $0.repositories?.description } == ["team/*", "**"])
        #expect(
            settings.retention.map(\.keep) == [10, nil] && settings.retention.map(\.dating) == [.created, .modified])
        #expect(settings.retention[0].keepTags.map(\.description) == ["latest", "v*"])
        #expect(settings.retention[1].filter.description == "age>1y")
        #expect(parse("") == Settings())
    }

    @Test func lookKeysAndConfirmationAreUsed() throws {
        let settings = parse(
            """
            theme: high-contrast
            colors: {bad: bold 160, header-alert: "white on #005f87"}
            keys: {delete: x, open: [Enter, z], delete-now: [], mark: "^T", yank: F12}
            confirm: always-typed
            """)
        #expect(settings.problems.isEmpty)
        #expect(settings.theme == .highContrast && settings.confirmation == .alwaysTyped)
        #expect(try settings.paints == [.bad: Paint("bold 160"), .headerAlert: Paint("white on #005f87")])
        #expect(settings.keys.keys["open"] == [.enter, .character("z")] && settings.keys.keys["delete-now"] == [])
        #expect(settings.keys.keys["mark"] == [.control("t")] && settings.keys.keys["yank"] == [.function(12)])
        #expect(settings.key("delete") == "x" && settings.key("delete-now") == ":delete-now")
        #expect(settings.key("refresh") == "r")
    }

    /// A key with two meanings on one screen is a mistake, and its command keeps its usual keys. A
    /// key may move from one command to another.
    @Test(arguments: [
        ("trash: z, export: T", []), ("sort: S, reverse: s", []),
        ("delete: T", ["config.yml:1:16: T is the key of trash as well, on the screen Repositories"]),
        ("refresh: z, trash: M", ["config.yml:1:27: M is the key of mark-needed as well, on the screen Collection"]),
        // Without its key, delete has d again.
        (
            "delete: T, export: d",
            [
                "config.yml:1:16: T is the key of trash as well, on the screen Repositories",
                "config.yml:1:27: d is the key of delete as well, on the screen Repositories",
            ]
        ),
        // F3 and F4 filter, F5 refreshes, F9 deletes, on the screens with such a command.
        ("trash: F5", ["config.yml:1:15: F5 is the key of refresh as well, on the screen Repositories"]),
        ("cancel: F9, go: F2, refresh: F5", []), ("refresh: z, trash: F5", []),
        ("next-step: F5", ["config.yml:1:19: F5 is the key of refresh as well, on the screen Collection"]),
        ("sort: z, filter: z", ["config.yml:1:25: z is the key of sort as well, on the screen Repositories"]),
    ])
    func keysHaveOneMeaningOnAScreen(_ text: String, _ problems: [String]) {
        let settings = parse("keys: {\(text)}")
        #expect(settings.problems == problems)
        #expect(KeyCatalog.conflict(in: settings.keys) == nil)
    }

    /// A name belongs to one command on all screens, so that its keys do not move another command.
    /// Texts scroll with more keys than tables.
    @Test func aNameIsOneCommand() {
        for name in KeyCatalog.names.subtracting(["down", "page-down"]) {
            let keys = Set(KeyCatalog.places.compactMap { $0.all[name] })
            #expect(keys.count == 1, "\(name)")
        }
    }

    @Test(arguments: [
        ("mouse: false\nregistrys:\n  a: {}", "config.yml:2:1: unknown name \"registrys\""),
        ("mouse: false\nregistries:\n  prod:\n    pol: x", "config.yml:4:5: unknown name \"pol\""),
        ("mouse: false\ntables:\n  repositories: {columns: name}", "config.yml:3:27: columns must be a list"),
        ("mouse: maybe", "config.yml:1:8: must be true or false"),
        ("registries: [a]", "config.yml:1:13: \"registries\" must be a mapping"),
        ("mouse: false\n  x: [", "config.yml:2:"),
        ("retention:\n  app: {keep: -1}", "config.yml:2:15: keep must be a number of images"),
        ("retention:\n  app: {keep: 1, keep-tags: [\"{a,b}\"]}", "config.yml:2:30: no tag name contains \"{\""),
        ("retention:\n  app: {where: age>x}", "config.yml:2:16: age needs a duration such as 180d, not \"x\""),
        ("retention:\n  app: {}", "config.yml:2:3: the rule is empty"),
        ("- a", "config.yml:1:1: the file must be a mapping"),
        ("mouse: true\ntheme: purple", "config.yml:2:8: no theme \"purple\"; themes: default, dark, light"),
        ("colors:\n  bad: purple", "config.yml:2:8: \"purple\" is no colour"),
        ("colors:\n  worse: red", "config.yml:2:3: unknown name \"worse\"; known here: normal, dim"),
        ("confirm: never", "config.yml:1:10: confirm must be \"normal\" or \"always-typed\""),
        ("keys:\n  explode: x", "config.yml:2:3: no command \"explode\""),
        ("keys:\n  delete: [x, Alt-x]", "config.yml:2:15: \"Alt-x\" is no key"),
        ("keys:\n  sort: ^S", "config.yml:2:9: \"^S\" is no key"),
        ("keys:\n  delete: Esc", "config.yml:2:11: Esc always ends"),
        ("keys:\n  quit: []", "config.yml:2:9: quit needs a key"),
    ])
    func aMistakeHasItsLineAndColumn(_ text: String, _ problem: String) {
        let settings = parse(text)
        #expect(settings.problems.count == 1)
        #expect(settings.problems.first?.hasPrefix(problem) == true, "\(settings.problems)")
    }

    @Test func aMistakeInTheConfirmationAsksForMore() {
        #expect(parse("confirm: always_typed").confirmation == .alwaysTyped)
        #expect(parse("confirm: always-typed\ncolors: [").confirmation == .alwaysTyped)
    }

    /// The rest of the file stays valid.
    @Test func aMistakeLeavesTheOtherSettingsValid() {
        let settings = parse("mouse: false\nregistries:\n  prod: {pool: registry, colour: blue}\n")
        #expect(settings.problems.count == 1)
        #expect(settings.registries["prod"]?.pool == "registry" && !settings.hasMouse)
    }

    @Test func theFileIsInTheConfigurationDirectory() {
        #expect(SettingsFile.path(["XDG_CONFIG_HOME": "/x", "HOME": "/h"]) == "/x/regtop/config.yml")
        #expect(SettingsFile.path(["HOME": "/h"]) == "/h/.config/regtop/config.yml")
        #expect(SettingsFile.path([:]) == nil)
    }

    /// Typed lines are there in the next run.
    @MainActor @Test func typedLinesAreKeptBetweenRuns() throws {
        let place = try TemporaryPlace()
        var history = HistoryFile.history(in: place.path + "/state")
        for line in ["age>1y", "size>1G"] { history.add(line, to: "filter") }
        HistoryFile.queue.sync {}
        let next = HistoryFile.history(in: place.path + "/state")
        #expect(next.line(1, of: "filter") == "size>1G" && next.line(2, of: "filter") == "age>1y")
        #expect(next.line(1, of: "command") == nil)
    }

    /// A FIFO has no end, and would stop the console before its first frame.
    @Test func filesThatAreNoFilesAreRefused() throws {
        let place = try TemporaryPlace()
        let path = place.path + "/config.yml"
        #expect(SettingsFile.read(path) == Settings())
        #expect(mkfifo(path, 0o600) == 0)
        #expect(SettingsFile.read(path).problems == ["\(path): not a regular file"])
        #expect(SettingsFile.read(place.path).problems == ["\(place.path): not a regular file"])
    }
}
