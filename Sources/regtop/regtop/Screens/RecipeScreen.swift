import AdminCore
import ConsoleKit
import Presentation
import SafeText

/// The configuration of one image and its history. Long texts are cut.
final class RecipeScreen: Screen {
    let title: TitleBar
    private let words: [String]
    private let view: TextView

    /// - Parameters:
    ///   - name: The name of the image.
    ///   - words: The words of the command that prints it.
    init(_ name: String, _ recipe: ImageRecipe, layers: [ImageDetail.Blob], words: [String]) {
        title = TitleBar(
            title: "Config \(name)", details: [Line(HumanText.count(recipe.steps.count, "step"), .dim)])
        self.words = words
        let facts = recipe.facts
        var made: (columns: Int, lines: [Line])?
        view = TextView { columns in
            if let made, made.columns == columns { return made.lines }
            let lines = Self.page(facts, recipe, layers, columns: columns)
            made = (columns, lines)
            return lines
        }
    }

    var commands: [Command] { view.commands }
    var twin: [String]? { words }

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    /// The limits of values of one kind and of lines. The blob has all of them.
    private static let (valueLimit, lineLimit) = (200, 10_000)

    private static func page(
        _ facts: [(name: String, values: [String])], _ recipe: ImageRecipe, _ layers: [ImageDetail.Blob], columns: Int
    ) -> [Line] {
        var lines: [Line] = []
        for (name, values) in facts {
            for (number, value) in values.prefix(valueLimit).enumerated() {
                lines += entry(Line(number == 0 ? name : "", .dim).fitted(to: 13), value, columns)
            }
            if values.count > valueLimit {
                lines.append(Line("… \(HumanText.count(values.count - valueLimit)) more", .dim))
            }
        }
        if lines.isEmpty { lines.append(Line("The configuration is empty.", .dim)) }
        lines += [Line(), Line("HISTORY", .columnTitle) + Line("  the oldest first", .dim)]
        if recipe.steps.isEmpty { lines.append(Line("none", .dim)) }
        for (step, layer) in recipe.history(layers: layers.count) {
            guard let step, lines.count < lineLimit else { continue }
            let made = layer.map { Line("layer \($0 + 1)  \(HumanText.bytes(layers[$0].size))") } ?? Line("–", .dim)
            let front = Line(step.created.map(HumanText.day) ?? "–", .dim).fitted(to: 12) + made.fitted(to: 21)
            lines += entry(
                columns >= 60 ? front : Line(), step.short + (step.comment.isEmpty ? "" : "  (\(step.comment))"),
                columns)
        }
        if lines.count >= lineLimit { lines.append(Line("…", .dim)) }
        return lines
    }

    /// A text beside its name, broken if it is too long.
    private static func entry(_ front: Line, _ text: String, _ columns: Int) -> [Line] {
        Line(Cells.excerpt(text)).broken(to: max(1, columns - front.width)).enumerated().map { number, row in
            (number == 0 ? front : Line.blank(front.width)) + row
        }
    }
}
