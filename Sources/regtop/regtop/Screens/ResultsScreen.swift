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
        view = TextView { columns in
            results.flatMap { Self.lines($0, without: shared, columns) }
                + shared.sorted().flatMap { [Line.blank(1)] + Line.wrapped($0, to: max(1, columns)) }
        }
    }

    var title: TitleBar {
        let counts = [ChangeResult.Outcome.done, .failed, .unknown, .skipped].compactMap { outcome -> Line? in
            let count = results.count { $0.outcome == outcome }
            return count == 0 ? nil : Line("\(HumanText.count(count)) \(outcome.rawValue)", Self.style(outcome))
        }
        return TitleBar(title: "Results", details: [Line(words.title)] + counts)
    }

    private(set) lazy var commands: [Command] =
        view.commands + [ChangeFlow(store: store, screen: self).undoCommand]

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    private static func style(_ outcome: ChangeResult.Outcome) -> Style {
        switch outcome {
        case .done: .good
        case .failed, .unknown: .bad
        case .skipped: .warning
        }
    }

    private static func lines(_ result: ChangeResult, without shared: Set<String>, _ columns: Int) -> [Line] {
        let head =
            Line(result.outcome.rawValue, style(result.outcome)).fitted(to: 9) + Line("\(result.target)", .title)
        let texts = (result.error.map { [$0] } ?? []) + result.notes.filter { !shared.contains($0) }
        return [head] + texts.flatMap { Line.wrapped($0, to: max(1, columns - 9)).map { Line.blank(9) + $0 } }
    }
}
