import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// The results of a change, one for each target.
final class ResultsScreen: Screen {
    private let words: PlanWords
    private let results: [ChangeResult]
    private let store: OpenStore
    private let view: TextView

    init(_ store: OpenStore, _ words: PlanWords, _ results: [ChangeResult]) {
        self.store = store
        self.words = words
        self.results = results
        // A note on several targets is shown once, below all of them.
        var counts: [String: Int] = [:]
        for note in results.flatMap(\.notes) { counts[note, default: 0] += 1 }
        let shared = Set(counts.filter { $0.value > 1 }.keys)
        // An error of several targets is shown once, above all of them.
        let errors = Dictionary(grouping: results.filter { $0.error != nil }) { "\(Self.word($0)): \($0.error ?? "")" }
            .filter { $0.value.count > 1 }
        let repeated = Set(errors.values.compactMap { $0.first?.error })
        view = TextView { columns in
            errors.sorted { $0.key < $1.key }.flatMap { error, targets in
                Line.wrapped("\(HumanText.count(targets.count)) \(error)", to: max(1, columns), .warning)
            } + results.flatMap { Self.lines($0, words.name(of: $0), without: shared.union(repeated), columns) }
                + shared.sorted().flatMap { [Line.blank(1)] + Line.wrapped($0, to: max(1, columns)) }
        }
    }

    var title: TitleBar {
        let outcomes = results.map { (Self.word($0), Self.style($0)) }
        let counts = ["done", "failed", "stopped", "unknown", "skipped"].compactMap { word -> Line? in
            guard let style = outcomes.first(where: { $0.0 == word })?.1 else { return nil }
            return Line("\(HumanText.count(outcomes.count { $0.0 == word })) \(word)", style)
        }
        return TitleBar(title: "Results", details: [Line(words.title)] + counts)
    }

    private(set) lazy var commands: [Command] =
        view.commands + ChangeFlow(store: store, screen: self).undoCommands

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    /// The outcome in a word: a target that the user stopped has not failed.
    private static func word(_ result: ChangeResult) -> String {
        result.wasStopped && result.outcome == .failed ? "stopped" : result.outcome.rawValue
    }

    private static func style(_ result: ChangeResult) -> Style {
        switch result.outcome {
        case .done: .good
        case .failed, .unknown: result.wasStopped ? .warning : .bad
        case .skipped: .warning
        }
    }

    private static func lines(_ result: ChangeResult, _ name: String, without shared: Set<String>, _ columns: Int)
        -> [Line]
    {
        let head = Line(word(result), style(result)).fitted(to: 9) + Line(name, .title)
        let texts = ([result.error].compactMap(\.self) + result.notes).filter { !shared.contains($0) }
        return [head] + texts.flatMap { Line.wrapped($0, to: max(1, columns - 9)).map { Line.blank(9) + $0 } }
    }
}
