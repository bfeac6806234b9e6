import AdminCore
import Foundation

/// `rados bench`, Ceph's own measure of a pool, in the same run.
struct RadosBench: Sendable {
    let pool: String

    /// Writes the objects that are read afterwards: `size` bytes in objects of a chunk.
    func write(_ size: Int) throws {
        _ = try run([
            "600", "write", "-b", String(LargeFile.chunk), "-t", String(LargeFile.depth), "--no-cleanup",
            "--max-objects", String(size / LargeFile.chunk),
        ])
    }

    /// Reads the objects in order and returns MiB per second. Compares their content with `verify`
    /// only.
    func read(verify: Bool) throws -> Double {
        let output = try run(["600", "seq", "-t", String(LargeFile.depth)] + (verify ? [] : ["--no-verify"]))
        guard let line = output.split(separator: "\n").first(where: { $0.hasPrefix("Bandwidth (MB/sec):") }),
            let value = Double(line.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)), value > 0
        else { throw WrongContent(what: "rados bench said \(output.suffix(200))") }
        return value
    }

    /// Removes them.
    func clean() throws {
        _ = try rados(["-p", pool, "cleanup"])
    }

    private func run(_ arguments: [String]) throws -> String {
        try rados(["-p", pool, "bench"] + arguments)
    }

    private func rados(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["rados"] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw WrongContent(what: "rados \(arguments.joined(separator: " ")) failed")
        }
        return text
    }
}

extension Harness {
    /// Compares the driver's reading of a large file, and the verification of an image with a layer
    /// of that size, with `rados bench seq`: as many objects of the same size, with as many in
    /// flight as the driver reads ahead.
    func radosBench(size: Int, rounds: Int, isWanted: (String) -> Bool) async throws -> [Measurement] {
        let turn = Turn(series: UInt32.random(in: 1 << 16..<1 << 31))
        let reader = driver(turn).reader
        var rows: [Measurement] = []
        let reading = "read \(size >> 20) MiB"
        if isWanted(reading) {
            let path = try StoragePath("\(turn.directory)/large")
            try await limit.makeDirectories([turn.directory])
            try await limit.putLarge(turn.directory, series: turn.series, size: size, depth: LargeFile.depth)
            rows += try await besideRadosBench(reading, size: size, rounds: rounds) {
                try await Harness.read(path, size, reader)
            }
            try await limit.removeBlob(series: turn.series, chunks: size / LargeFile.chunk)
        }
        let verifying = "verify an image of \(size >> 20) MiB"
        if isWanted(verifying) {
            let image = try await makeImage(size, turn)
            rows += try await besideRadosBench(verifying, size: size, rounds: rounds) {
                let found = try await Verifier(registry: RegistryReader(storage: reader)).verify([image])
                guard found.isSound, found.bytes > UInt64(size) else { throw WrongContent(what: "\(found)") }
            }
        }
        return rows
    }

    /// An image with one layer of `size` bytes.
    private func makeImage(_ size: Int, _ turn: Turn) async throws -> ImageReference {
        guard let image = ImageReference("verify/t\(turn.series):v1") else { throw WrongContent(what: "a name") }
        let storage = StorageDriver(
            reader: StorageReader(objects: store.reader), writer: store.writer,
            policy: JournalPolicy(delay: 0, clock: .system))
        let paths = RegistryPaths()
        let layer = [UInt8](repeating: UInt8(truncatingIfNeeded: turn.series), count: size)
        let config = Array(#"{"architecture":"amd64","os":"linux"}"#.utf8)
        let digests = [Digest.sha256(of: config), Digest.sha256(of: layer)]
        for (digest, content) in zip(digests, [config, layer]) {
            try await storage.putContent(paths.blob(digest), content)
            try await storage.putContent(paths.layerLink(image.repository, digest), Array(digest.string.utf8))
        }
        let type = "application/vnd.docker"
        let manifest = Array(
            (#"{"schemaVersion":2,"mediaType":"\#(type).distribution.manifest.v2+json","config":{"mediaType":"\#(type).container.image.v1+json","#
                + #""size":\#(config.count),"digest":"\#(digests[0])"},"layers":[{"mediaType":"\#(type).image.rootfs.diff.tar.gzip","#
                + #""size":\#(size),"digest":"\#(digests[1])"}]}"#).utf8)
        let digest = Digest.sha256(of: manifest)
        try await storage.putContent(paths.blob(digest), manifest)
        for directory in [
            paths.revision(image.repository, digest),
            try paths.tags(image.repository).appending("v1").appending("current"),
        ] {
            try await storage.putContent(try directory.appending("link"), Array(digest.string.utf8))
        }
        return image
    }

    private func besideRadosBench(
        _ name: String, size: Int, rounds: Int, _ body: () async throws -> Void
    ) async throws -> [Measurement] {
        let bench = RadosBench(pool: store.poolName)
        let mebibytes = Double(size) / Double(1 << 20)
        try bench.write(size)
        _ = try bench.read(verify: false)
        try await body()
        var (plain, verified, drivers): ([Cost], [Cost], [Cost]) = ([], [], [])
        for round in 0..<rounds {
            for side in [round % 2, 1 - round % 2] {
                if side == 0 {
                    plain.append(Cost(wall: mebibytes / (try bench.read(verify: false)), processor: 0))
                    verified.append(Cost(wall: mebibytes / (try bench.read(verify: true)), processor: 0))
                } else {
                    drivers.append(try await cost(body))
                }
            }
        }
        try bench.clean()
        return [("rados bench seq --no-verify", plain), ("rados bench seq", verified)].map { other, times in
            Measurement(
                name: "\(name), beside \(other)", limit: times, driver: drivers, limitOperations: nil,
                driverOperations: nil)
        }
    }
}
