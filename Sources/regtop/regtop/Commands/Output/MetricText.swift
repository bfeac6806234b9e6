import SafeText
import Foundation

/// Metrics in the text format of Prometheus, as node_exporter's textfile collector reads it.
nonisolated struct MetricText {
    /// One value of a metric, with the labels that distinguish it from the other values.
    struct Sample {
        let labels: [(name: String, value: String)]
        let value: String

        /// A number.
        init(_ value: some BinaryInteger, _ labels: (name: String, value: String)...) {
            self.labels = labels
            self.value = String(value)
        }

        /// A time, in seconds since 1970.
        init(_ time: Date, _ labels: (name: String, value: String)...) {
            self.labels = labels
            // Whole seconds have no fraction, and the precision is that of the log.
            let seconds = (time.timeIntervalSince1970 * 1000).rounded() / 1000
            value = Int64(exactly: seconds).map { String($0) } ?? String(seconds)
        }
    }

    /// The label of every sample: the metrics of several stores may lie in one directory.
    private let common: (name: String, value: String)
    /// All metrics, each line with its newline.
    private(set) var text = ""

    init(common: (name: String, value: String)) {
        self.common = common
    }

    /// Adds a gauge; nothing if it has no sample.
    ///
    /// - Parameters:
    ///   - name: The name, with its unit.
    ///   - help: A sentence.
    ///   - samples: The values.
    mutating func add(_ name: String, _ help: String, _ samples: Sample...) {
        add(name, help, samples)
    }

    /// Adds a gauge; nothing if it has no sample.
    mutating func add(_ name: String, _ help: String, _ samples: [Sample]) {
        if samples.isEmpty { return }
        text += "# HELP \(name) \(help)\n# TYPE \(name) gauge\n"
        for sample in samples {
            let labels = ([common] + sample.labels).map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
            text += "\(name){\(labels.joined(separator: ","))} \(sample.value)\n"
        }
    }

    /// The value of a label: visible characters, with backslashes and quotes as Prometheus reads
    /// them.
    private static func escaped(_ value: String) -> String {
        VisibleText.of(value).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }
}
