import Testing

@testable import Inspection
@testable import Registry

@Suite struct ImageDifferenceTests {
    private static func image(
        _ number: UInt8, layers: [UInt8] = [], platform: String? = "linux/amd64"
    ) throws -> ImageDetail {
        let name = RepositoryName("app")
        var image = ImageDetail(name: name, tag: nil, digest: .sha256(of: [0, number]))
        image.config = ImageDetail.Blob(digest: .sha256(of: [1, number]), size: 7, mediaType: nil, state: .ok)
        image.layers = layers.map {
            ImageDetail.Blob(digest: .sha256(of: [2, $0]), size: UInt64($0), mediaType: nil, state: .ok)
        }
        image.platforms = platform.map { [$0] } ?? []
        return image
    }

    private static func index(_ number: UInt8, _ entries: [(label: String?, ImageDetail)]) throws -> ImageDetail {
        var index = try image(number, platform: nil)
        index.config = nil
        index.manifests = try entries.map { label, image in
            ImageDetail.Child(
                digest: try #require(image.digest), size: 1, mediaType: nil, platform: image.platforms.first,
                label: label, state: .ok, image: image)
        }
        return index
    }

    private static func recipe(_ text: String) throws -> ImageRecipe { try ImageRecipe(parsing: Array(text.utf8)) }

    private static func difference(
        _ first: (ImageDetail, String), _ second: (ImageDetail, String)
    ) throws -> ImageDifference {
        func side(_ image: ImageDetail, _ config: String) throws -> ImageDifference.Side {
            let recipe = config.isEmpty ? nil : try recipe(config)
            return .init(
                image,
                Dictionary(
                    uniqueKeysWithValues: image.withChildren.compactMap { image in
                        recipe.flatMap { recipe in image.digest.map { ($0, recipe) } }
                    }))
        }
        return ImageDifference(try side(first.0, first.1), try side(second.0, second.1))
    }

    /// A layer that an image names twice is one layer.
    @Test func layersBelongToOneImageOrToBoth() throws {
        let difference = try Self.difference(
            (Self.image(1, layers: [10, 20, 10, 30]), "{}"), (Self.image(2, layers: [10, 40, 30, 40]), "{}"))
        let part = try #require(difference.parts.first)
        #expect(difference.parts.count == 1 && part.platform == nil && !difference.isSame)
        #expect(part.layers.map(\.blob.size) == [10, 20, 30, 40])
        #expect(part.layers.map(\.owner) == [.both, .first, .both, .second])
        #expect(part.layers.map(\.number) == [0, 1, 3, 1])
        #expect(difference.layers(of: .both) == (2, 40))
        #expect(difference.layers(of: .first) == (1, 20))
        #expect(difference.layers(of: .second) == (1, 40))
    }

    @Test func settingsThatDifferAreNamed() throws {
        let first = #"""
            {"config":{"User":"www","Entrypoint":["/a b"],"Cmd":["x"],"Env":["A=1","B=2","A=3","C"],
             "ExposedPorts":{"80/tcp":{}},"Labels":{"l":"1","same":"s"}}}
            """#
        let second = #"""
            {"config":{"WorkingDir":"/srv","Entrypoint":["/a","b"],"Cmd":["x"],"Env":["A=4","B=2","D="],
             "ExposedPorts":{"80/tcp":{},"443/tcp":{}},"Labels":{"m":"2","same":"s"}}}
            """#
        let difference = try Self.difference((Self.image(1), first), (Self.image(2), second))
        let settings = try #require(difference.parts.first?.settings)
        #expect(
            settings.map(\.name) == [
                .entrypoint, .user, .workingDirectory, .ports, .environment("A"), .environment("C"),
                .environment("D"), .label("l"), .label("m"),
            ])
        #expect(settings.map(\.first) == [["/a b"], ["www"], [], ["80/tcp"], ["3"], [""], [], ["1"], []])
        #expect(
            settings.map(\.second) == [["/a", "b"], [], ["/srv"], ["443/tcp", "80/tcp"], ["4"], [], [""], [], ["2"]])
        #expect(try Self.difference((Self.image(1), first), (Self.image(2), first)).parts.first?.settings == [])
        #expect(
            try Self.difference((Self.image(1), first), (Self.image(2), "")).parts.first?.settings == nil,
            "a configuration that cannot be read has not lost its settings")
    }

    /// Entries of an index are compared with those of the same platform, wherever they are.
    @Test func indexesAreComparedByPlatform() throws {
        let arm = "linux/arm64"
        let first = try Self.index(
            9, [("linux/amd64", Self.image(1, layers: [10])), (arm, Self.image(2, layers: [20], platform: arm))])
        let second = try Self.index(
            8,
            [
                ("attestation of x", Self.image(5, layers: [50])), (arm, Self.image(2, layers: [20], platform: arm)),
                ("linux/amd64", Self.image(3, layers: [10, 30])),
            ])
        let difference = try Self.difference((first, "{}"), (second, "{}"))
        #expect(difference.parts.map(\.platform) == ["linux/amd64", arm, "attestation of x"])
        #expect(difference.parts.map(\.isSame) == [false, true, false])
        #expect(difference.parts.map { $0.first == nil } == [false, false, true])
        #expect(difference.layers(of: .both) == (2, 30) && difference.layers(of: .second) == (2, 80))
        #expect(difference.layers(of: .first) == (0, 0))
    }

    /// An image without an index meets the entry of its platform, whose label may say more. Entries
    /// with one label are told apart by their order.
    @Test func anImageMeetsTheEntryOfItsPlatform() throws {
        let alone = try Self.image(1, layers: [10])
        let index = try Self.index(
            9, [("linux/amd64 10.0", Self.image(2, layers: [10])), (nil, Self.image(3, platform: nil))])
        for (one, other) in [(alone, index), (index, alone)] {
            let difference = try Self.difference((one, "{}"), (other, "{}"))
            #expect(difference.parts.map(\.platform) == ["linux/amd64 10.0", "manifest"])
            #expect(difference.layers(of: .both) == (1, 10))
        }
        let twins = try Self.index(7, [(nil, Self.image(3, platform: nil)), (nil, Self.image(4, platform: nil))])
        let difference = try Self.difference((twins, "{}"), (twins, "{}"))
        #expect(difference.parts.map(\.platform) == ["manifest", "manifest (2)"])
        #expect(difference.parts.map(\.isSame) == [true, true] && difference.isSame)
    }

    /// Small configurations that many images share do not become millions of settings.
    @Test func settingsAreLimited() throws {
        func config(_ value: String) -> String {
            let entries = (0..<1500).map { #""V\#($0)=\#(value)""# }
            return #"{"config":{"Env":[\#(entries.joined(separator: ","))]}}"#
        }
        func index(_ first: UInt8) throws -> ImageDetail {
            try Self.index(first, (0..<20).map { number in ("p\(number)", try Self.image(first + 1 + UInt8(number))) })
        }
        let difference = try Self.difference((index(50), config("1")), (index(100), config("2")))
        #expect(difference.parts.compactMap(\.settings).reduce(0) { $0 + $1.count } == ImageDifference.settingLimit)
        #expect(difference.areSettingsCut && difference.parts.count == 20)
    }
}
