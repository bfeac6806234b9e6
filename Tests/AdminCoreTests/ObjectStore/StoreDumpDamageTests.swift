import Foundation
import Testing

@testable import ObjectStore
@testable import StoreDump

/// Damaged and incomplete dumps.
@Suite struct StoreDumpDamageTests {
    static let wrong: [(line: String, reason: String)] = [
        (#"hello"#, "{ is missing at byte 1"),
        (#"{"name": "a""#, "the line ends in the middle"),
        (#"{"name": "a"#, "the line ends in the middle of a text"),
        (#"{"name": "a", "size": 0} x"#, "there is text after the end of the object"),
        (#"{"size": 0}"#, "the object has no name"),
        (#"{"name": "a"}"#, "the object has no size"),
        (#"{"name": "a", "size": -1}"#, "a whole number is missing"),
        (#"{"name": "a", "size": 1.5}"#, "a whole number is missing"),
        (#"{"name": "a", "size": "1"}"#, "a whole number is missing"),
        (#"{"name": "a", "size": 99999999999999999999}"#, "a whole number is missing"),
        (#"{"name": "a", "size": 134217729}"#, "the limit is 134217728"),
        (#"{"name": "a", "size": 3, "data": "AQI="}"#, "the data of a has 2 bytes, and its size says 3"),
        (#"{"name": "a", "size": 2, "data": "AQI"}"#, "a value is not base64"),
        (#"{"name": "a", "size": 0, "omap": {"k": "*"}}"#, "a value is not base64"),
        (#"{"name": "a", "size": 0, "omap": {"k": 1}}"#, "\" is missing"),
        (#"{"name": "a", "size": 0, "omap": []}"#, "{ is missing"),
        (#"{"name": "a", "size": 0, "omap": {"k": "", "k": ""}}"#, "the key k is there twice"),
        (#"{"name": "a", "size": 0, "omap": {"k": ""}, "omapBase64": {"aw==": ""}}"#, "the key k is there twice"),
        (#"{"name": "a", "size": 0, "omapBase64": {"?": ""}}"#, "a key is not base64"),
        (#"{"name": "a", "size": 0, "size": 0}"#, "the key size is there twice"),
        (#"{"name": "a", "nameBase64": "YQ==", "size": 0}"#, "the object has two names"),
        (#"{"name": "", "size": 0}"#, "an object's name cannot be empty"),
        (#"{"name": "a\u0000b", "size": 0}"#, "its name has a zero byte"),
        (#"{"name": "a\ud800", "size": 0}"#, "half a character"),
        (#"{"name": "a\u12", "size": 0}"#, "four digits"),
        (#"{"name": "a\q", "size": 0}"#, "an unknown escape"),
        ("{\"name\": \"a\tb\", \"size\": 0}", "a control character"),
        (#"{"name": "a", "size": 0, "mtime": "yesterday"}"#, "mtime is not a time"),
        (#"{"name": "a", "size": 0, "owner": "me"}"#, "the key owner is unknown"),
    ]

    @Test(arguments: wrong)
    func aWrongLineIsReported(_ line: String, _ reason: String) async throws {
        let store = try StoreUnderTest.inMemory()
        let good = #"{"name": "good", "size": 0}"#
        await expect(.invalid, "line 2: ") { try await store.load("\(good)\n\(line)\n") }
        let other = try StoreUnderTest.inMemory()
        await expect(.invalid, reason) { try await other.load(line) }
        #expect(try await other.objects().isEmpty)
    }

    @Test func aTextThatIsNotUTF8IsRefused() async throws {
        let store = try StoreUnderTest.inMemory()
        let bytes = Array("{\"name\": \"a".utf8) + [0xff] + Array("\", \"size\": 0}".utf8)
        await expect(.invalid, "line 1: a text is not UTF-8") {
            _ = try await StoreDump.load(from: MemorySource(bytes), into: store.reader, store.writer)
        }
    }

    @Test func aRepeatedNameIsReportedWithBothLines() async throws {
        let store = try StoreUnderTest.inMemory()
        let lines = [
            #"{"name": "a", "size": 0}"#, #"{"name": "b", "size": 0}"#, "",
            #"{"name": "a", "size": 0, "namespace": "n"}"#, #"{"nameBase64": "YQ==", "size": 0}"#,
        ]
        await expect(.invalid, "line 5: a is already in line 1") {
            try await store.load(lines.joined(separator: "\n"))
        }
    }

    @Test func spaceBetweenIsAllowed() async throws {
        let store = try StoreUnderTest.inMemory()
        try await store.load(
            "\n  {\"size\":0,\"name\":\"a\"}\r\n\r\n{ \"name\" : \"b\\/\\u00e9\\ud83d\\ude00\" , \"size\" : 2 }")
        #expect(Set(try await store.objects()) == [ObjectID("a"), ObjectID("b/\u{e9}\u{1f600}")])
    }

    @Test func aLineThatIsTooLongIsReported() async throws {
        var lines = DumpLineReader(
            MemorySource("short\n" + String(repeating: "x", count: 200), portion: 10), longest: 100)
        #expect(try await lines.next() == Array("short".utf8))
        await expect(.invalid, "line 2: it is longer than 100 bytes") { _ = try await lines.next() }
    }

    private func smallDump() async throws -> [UInt8] {
        let store = try StoreUnderTest.inMemory()
        for index in 0..<4 {
            try await store.set(
                ObjectID(ByteString("/o\(index)"), namespace: index == 3 ? "n" : ""),
                [
                    .writeFull(pattern(0..<index * 7)),
                    .setOmap(["k\"\u{e9}": [1, 2], ByteString(bytes: [0xff]): []]),
                    .setXattr(name: "x", value: [3]),
                ])
        }
        return try await store.dump().bytes
    }

    /// Loads a dump; true if that succeeds. Records an issue for any error except a sentence about
    /// a line.
    private func loads(_ bytes: [UInt8], into store: StoreUnderTest, _ what: String) async -> Bool {
        do {
            _ = try await StoreDump.load(from: MemorySource(bytes, portion: 50), into: store.reader, store.writer)
            return true
        } catch {
            let failure = error as? StoreError
            #expect(failure?.kind == .invalid && failure?.reason.hasPrefix("line ") == true, "\(what): \(error)")
            return false
        }
    }

    @Test func aTruncatedDumpFailsOrLoadsWholeLines() async throws {
        let dump = try await smallDump()
        // This store discards everything: creating one for every cut takes too long.
        let store = RecordingStore(try .inMemory())
        store.swallowWrites()
        for end in stride(from: 1, to: dump.count, by: 3) {
            let wentIn = await loads(Array(dump[..<end]), into: store.underTest, "cut at \(end)")
            #expect(wentIn == (dump[end] == 0x0a || dump[end - 1] == 0x0a), "cut at \(end)")
        }
    }

    @Test func aDumpWithRandomChangesIsRefusedOrLoaded() async throws {
        let dump = try await smallDump()
        let store = RecordingStore(try .inMemory())
        store.swallowWrites()
        var seed: UInt64 = 42
        func random(below limit: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((seed >> 33) % UInt64(limit))
        }
        var refused = 0
        for round in 0..<150 {
            var damaged = dump
            for _ in 0...random(below: 3) {
                let at = random(below: damaged.count)
                switch random(below: 3) {
                case 0: damaged[at] = UInt8(random(below: 256))
                case 1: damaged.remove(at: at)
                default: damaged.insert(Array("\"{}:,\\0\n".utf8)[random(below: 8)], at: at)
                }
            }
            if await !loads(damaged, into: store.underTest, "round \(round)") { refused += 1 }
        }
        #expect(refused > 75)
    }

    @Test func truncatedAndDamagedCompressedFilesAreRefused() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let store = try StoreUnderTest.inMemory()
        try await store.set(ObjectID("a"), [.writeFull((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) })])
        let output = try await DumpFile.create(path: directory.path("dump.gz"), gzip: true)
        _ = try await StoreDump.write(from: store.reader, to: output)
        try await output.finish()
        let whole = try Data(contentsOf: URL(filePath: directory.path("dump.gz")))

        for end in [20, whole.count / 2, whole.count - 9, whole.count - 1] {
            try whole.prefix(end).write(to: URL(filePath: directory.path("cut")))
            await expect(.inputOutput, "ends in the middle") { try await load(directory.path("cut")) }
        }
        var damaged = whole
        damaged[damaged.count - 6] ^= 0xff
        try damaged.write(to: URL(filePath: directory.path("damaged")))
        await expect(.inputOutput, "is damaged") { try await load(directory.path("damaged")) }
    }

    @Test func filesThatCannotBeOpenedAreErrors() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        await expect(.notConfigured, "No such file") { try await load(directory.path("missing")) }
        await expect(.inputOutput, "Is a directory") { try await load(directory.url.path(percentEncoded: false)) }
        await expect(.notConfigured, "No such file") {
            _ = try await DumpFile.create(path: directory.path("missing/dump"), gzip: false)
        }
    }

    private func load(_ path: String) async throws {
        let store = try StoreUnderTest.inMemory()
        _ = try await StoreDump.load(from: DumpFile.open(path: path), into: store.reader, store.writer)
    }
}
