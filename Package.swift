// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target of regtop is compiled with. Warnings are errors in our own targets, never in dependencies.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// The modules that tests run most. scripts/test has them optimised in its debug build; some tests of safety take half as
/// long. Nobody can depend on a package with unsafe flags, so the usual build has none.
let fast: Set = Context.environment["REGTOP_FAST_TESTS"] == "1" ? ["ObjectStore", "StorageDriver"] : []

/// A module of the library AdminCore. It sees the modules that it names, and no others.
func core(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    let optimised: [SwiftSetting] =
        fast.contains(name) ? [.unsafeFlags(["-O"], .when(configuration: .debug))] : []
    return .target(
        name: name, dependencies: dependencies, path: "Sources/AdminCore/\(name)", swiftSettings: house + optimised)
}

/// A module below the program regtop.
func front(_ name: String, _ dependencies: [Target.Dependency], _ settings: [SwiftSetting] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/regtop/\(name)", swiftSettings: house + settings)
}

let algorithms = Target.Dependency.product(name: "Algorithms", package: "swift-algorithms")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let ordered = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")

let coreModules: [Target.Dependency] = [
    "ObjectStore", "RadosStore", "SQLiteStore", "StoreDump", "StorageDriver", "Registry", "Inspection", "Changes",
    "Transfer", "SampleRegistry", "AdminCore",
]

let package = Package(
    name: "regtop",
    products: [
        .executable(name: "regtop", targets: ["regtop"]),
        .library(name: "AdminCore", targets: ["AdminCore"]),
    ],
    traits: [
        .trait(
            name: "RADOS",
            description: "Opens Ceph pools through librados. Without it only SQLite stores can be opened."),
        .default(enabledTraits: ["RADOS"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-algorithms", from: "1.2.1"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .systemLibrary(name: "CRados", providers: [.apt(["librados-dev"])]),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLibc"),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "CNcurses",
            linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]
        ),
        .target(name: "CTextWidth"),

        // The library, lowest module first.
        core("Amounts", []),
        core("ObjectStore", []),
        core(
            "RadosStore",
            ["ObjectStore", .target(name: "CRados", condition: .when(traits: ["RADOS"])), deque, logging]),
        core("SQLiteStore", ["ObjectStore", .product(name: "GRDB", package: "GRDB.swift"), deque]),
        core("StoreDump", ["ObjectStore", "CZlib", algorithms]),
        core("StorageDriver", ["ObjectStore", algorithms]),
        core("Registry", ["Amounts", "ObjectStore", "StorageDriver", "COpenSSL", algorithms]),
        core("Inspection", ["Amounts", "ObjectStore", "StorageDriver", "Registry", algorithms]),
        core("Changes", ["Amounts", "ObjectStore", "StorageDriver", "Registry", "Inspection"]),
        core(
            "Transfer",
            ["ObjectStore", "StorageDriver", "Registry", "Inspection", "Changes", "StoreDump", "CLibc", algorithms]),
        core("SampleRegistry", ["ObjectStore", "StorageDriver", "Registry", algorithms]),
        core(
            "AdminCore",
            [
                "ObjectStore", "RadosStore", "SQLiteStore", "StoreDump", "StorageDriver", "Registry", "Inspection",
                "Changes", "Transfer", "SampleRegistry",
            ]),

        // The program, lowest module first.
        front("SafeText", ["Amounts", "CTextWidth"]),
        front("Presentation", ["AdminCore", "SafeText"]),
        front("ConsoleKit", ["SafeText", "CNcurses", ordered], [.defaultIsolation(MainActor.self)]),
        .executableTarget(
            name: "regtop",
            dependencies: [
                "AdminCore", "SafeText", "Presentation", "ConsoleKit", "CLibc",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                logging,
                "Yams",
            ],
            path: "Sources/regtop/regtop",
            swiftSettings: house + [.defaultIsolation(MainActor.self)],
            plugins: ["VersionPlugin"]
        ),
        .plugin(name: "VersionPlugin", capability: .buildTool()),
        .testTarget(
            name: "AdminCoreTests",
            dependencies: coreModules + [subprocess],
            resources: [.copy("Fixtures")],
            swiftSettings: house
        ),
        .testTarget(
            name: "regtopTests",
            dependencies: coreModules + ["SafeText", "Presentation", "ConsoleKit", "regtop", subprocess],
            exclude: ["Goldens"],
            swiftSettings: house
        ),
    ],
    swiftLanguageModes: [.v6]
)
