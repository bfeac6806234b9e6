// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target of regtop is compiled with. Warnings are errors in our own targets, never in dependencies.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
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
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .systemLibrary(name: "CRados", providers: [.apt(["librados-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "CNcurses",
            linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]
        ),
        .target(name: "CTextWidth"),
        .target(
            name: "AdminCore",
            dependencies: [
                .target(name: "CRados", condition: .when(traits: ["RADOS"])),
                "CZlib",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: house
        ),
        .executableTarget(
            name: "regtop",
            dependencies: [
                "AdminCore",
                "CNcurses",
                "CTextWidth",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                "Yams",
            ],
            swiftSettings: house + [.defaultIsolation(MainActor.self)],
            plugins: ["VersionPlugin"]
        ),
        .plugin(name: "VersionPlugin", capability: .buildTool()),
        .testTarget(
            name: "AdminCoreTests",
            dependencies: [
                "AdminCore",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            resources: [.copy("Fixtures")],
            swiftSettings: house
        ),
        .testTarget(
            name: "regtopTests",
            dependencies: [
                "AdminCore",
                "regtop",
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            exclude: ["Goldens"],
            swiftSettings: house
        ),
    ],
    swiftLanguageModes: [.v6]
)
