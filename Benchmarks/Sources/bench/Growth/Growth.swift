import Foundation

/// How time and memory of some works grow with the registry.
struct Growth: Sendable {
    /// The registry that a work was measured on.
    struct Size: Hashable, Comparable, Sendable {
        let repositories: Int
        let blobs: Int

        static func < (left: Size, right: Size) -> Bool {
            (left.blobs, left.repositories) < (right.blobs, right.repositories)
        }
    }

    private struct Point: Sendable {
        let size: Size
        let seconds: Double
        /// In bytes.
        let memory: Int
    }

    /// In the order in which they came.
    private var works: [String] = []
    private var points: [String: [Point]] = [:]

    mutating func add(_ work: String, _ size: Size, seconds: Double, memory: Int) {
        if points[work] == nil { works.append(work) }
        points[work, default: []].append(Point(size: size, seconds: seconds, memory: memory))
        note("\(work): \(Report.time(seconds)), \(memory >> 20) MiB")
    }

    /// Runs a program and adds what it took.
    mutating func add(_ work: String, _ size: Size, running words: [String]) async throws {
        let cost = try await ChildProcess.run(words).cost
        add(work, size, seconds: cost.wall, memory: cost.memory)
    }

    /// The exponents are those of the number of blobs. The bytes are those between the smallest and
    /// the largest registry.
    var table: String {
        let sizes = Set(points.values.joined().map(\.size)).sorted()
        let heads = sizes.map { "\(Report.count($0.repositories)) repositories, \(Report.count($0.blobs)) blobs" }
        var table = MarkdownTable(
            ["work"] + heads + ["time grows with", "memory with", "bytes a blob", "bytes a repository"])
        for work in works {
            let points = (points[work] ?? []).sorted { $0.size < $1.size }
            let cells = sizes.map { size in
                points.first { $0.size == size }.map { "\(Report.time($0.seconds)), \($0.memory >> 20) MiB" } ?? ""
            }
            table.add(
                [work] + cells + [
                    exponent(points) { $0.seconds }, exponent(points) { Double($0.memory) },
                    bytes(points, for: \.blobs), bytes(points, for: \.repositories),
                ])
        }
        return table.text
    }

    /// The slope of the straight line through the logarithms.
    private func exponent(_ points: [Point], _ value: (Point) -> Double) -> String {
        let (x, y) = (points.map { log(Double($0.size.blobs)) }, points.map { log(value($0)) })
        let (middle, height) = (mean(x), mean(y))
        let common: [Double] = zip(x, y).map { ($0 - middle) * ($1 - height) }
        let slope = mean(common) / mean(x.map { ($0 - middle) * ($0 - middle) })
        return slope.isFinite ? String(format: "n^%.2f", slope) : ""
    }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    private func bytes(_ points: [Point], for number: KeyPath<Size, Int>) -> String {
        guard let first = points.first, let last = points.last, first.size < last.size else { return "" }
        return Report.count((last.memory - first.memory) / (last.size[keyPath: number] - first.size[keyPath: number]))
    }
}
