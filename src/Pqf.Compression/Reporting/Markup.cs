using System.Globalization;
using System.Xml.Linq;

namespace Pqf.Compression.Reporting;

/// <summary>Elements of HTML and SVG, as XML that both kinds of parser read alike.</summary>
static class Markup
{
    /// <summary>An element.</summary>
    /// <param name="name">Its name, a class after a dot: <c>p.lead</c>.</param>
    /// <param name="content">Attributes, elements, text; nulls are left out.</param>
    public static XElement Tag(string name, params object?[] content)
    {
        string[] parts = name.Split('.', 2);
        return new XElement(parts[0], parts.Length > 1 ? new XAttribute("class", parts[1].Replace('.', ' ')) : null, content);
    }

    /// <summary>Attributes by name.</summary>
    public static IEnumerable<XAttribute> With(params IEnumerable<(string Name, object Value)> attributes) =>
        attributes.Select(attribute => new XAttribute(attribute.Name, attribute.Value is double number ? Number(number) : attribute.Value));

    /// <summary>A drawing with a name for those who do not see it.</summary>
    public static XElement Drawing(string label, double width, double height, params object?[] content) =>
        Tag("svg.chart", With(("viewBox", $"0 0 {Number(width)} {Number(height)}"), ("role", "img"), ("aria-label", label)), content);

    /// <summary>A straight line.</summary>
    public static XElement Line(string kind, double x1, double y1, double x2, double y2) =>
        Tag($"line.{kind}", With(("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2)));

    /// <summary>Text at a point.</summary>
    /// <param name="kind">Class.</param>
    /// <param name="x">Where it is anchored.</param>
    /// <param name="y">Its baseline.</param>
    /// <param name="anchor"><c>start</c>, <c>middle</c> or <c>end</c>.</param>
    /// <param name="text">The text.</param>
    public static XElement Text(string kind, double x, double y, string anchor, string text) =>
        Tag($"text.{kind}", With(("x", x), ("y", y), ("text-anchor", anchor)), text);

    /// <summary>A line through points.</summary>
    public static XElement Path(string kind, IEnumerable<(double X, double Y)> points) =>
        Tag($"polyline.{kind}", With(("points", string.Join(' ', points.Select(point => $"{Number(point.X)},{Number(point.Y)}")))));

    /// <summary>A number of pixels, to a hundredth.</summary>
    public static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
