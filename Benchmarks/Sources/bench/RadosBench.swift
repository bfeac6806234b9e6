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

    /// Reads them in their order and gives MiB a second. Without `verify` it does not compare what it reads.
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
    /// The driver's reading of a large file beside `rados bench seq`: as many objects of the same size, as many in flight.
    func radosBench(_ name: String, size: Int, rounds: Int) async throws -> [Measurement] {
        let bench = RadosBench(pool: store.poolName)
        let turn = Turn(series: UInt32.random(in: 1 << 16..<1 << 31))
        let path = try StoragePath("\(turn.directory)/large")
        let mebibytes = Double(size) / Double(1 << 20)
        try await limit.makeDirectories([turn.directory])
        try await limit.putLarge(turn.directory, series: turn.series, size: size, depth: LargeFile.depth)
        try bench.write(size)
        _ = try bench.read(verify: false)
        let reader = driver(turn).reader
        try await Harness.read(path, size, reader)
        var (plain, verified, drivers): ([Cost], [Cost], [Cost]) = ([], [], [])
        for round in 0..<rounds {
            for side in [round % 2, 1 - round % 2] {
                if side == 0 {
                    plain.append(Cost(wall: mebibytes / (try bench.read(verify: false)), processor: 0))
                    verified.append(Cost(wall: mebibytes / (try bench.read(verify: true)), processor: 0))
                } else {
                    drivers.append(try await cost { try await Harness.read(path, size, reader) })
                }
            }
        }
        try bench.clean()
        try await limit.removeBlob(series: turn.series, chunks: size / LargeFile.chunk)
        return [("rados bench seq --no-verify", plain), ("rados bench seq", verified)].map { other, times in
            Measurement(
                name: "\(name), beside \(other)", limit: times, driver: drivers, limitOperations: nil,
                driverOperations: nil)
        }
    }
}
