using System.Collections.Immutable;
using System.Xml.Linq;
using Xunit;

namespace Pqf.Testing;

/// <summary>What every page that the program writes keeps to.</summary>
public static class PageRules
{
    // Elements that HTML lets stand without content, and those of SVG, where a parser of HTML knows the short form.
    static readonly ImmutableArray<string> Empty = ["meta", "img", "line", "circle", "polyline", "rect"];

    static readonly ImmutableArray<string> Outside = ["script", "link", "a", "iframe", "object"];

    /// <summary>Fails where a page needs another file, runs a script, or means something else to a parser of HTML than to one of
    /// XML.</summary>
    /// <param name="page">The file's text.</param>
    /// <returns>Its root.</returns>
    public static XElement Check(string page)
    {
        Assert.StartsWith("<!DOCTYPE html>", page, StringComparison.Ordinal);
        var root = XDocument.Parse(page).Root!;
        Assert.DoesNotContain(root.Descendants(), element => Outside.Contains(element.Name.LocalName));
        Assert.All(
            root.Descendants().Attributes("src"),
            source => Assert.Matches("^data:image/(png|jpeg);base64,[A-Za-z0-9+/]+=*$", source.Value)
        );
        Assert.DoesNotContain(
            root.DescendantsAndSelf().Attributes(),
            attribute => attribute.Value.Contains("//", StringComparison.Ordinal) && attribute.Name != "src"
        );
        // An HTML parser takes <td/> for an open tag and &gt; in a style for four letters.
        Assert.All(root.DescendantsAndSelf().Where(element => element.IsEmpty), element => Assert.Contains(element.Name.LocalName, Empty));
        string style = root.Descendants("style").Single().Value;
        Assert.DoesNotContain(style, c => c is '<' or '>' or '&');
        foreach (string outside in (string[])["url(", "@import"])
            Assert.DoesNotContain(outside, style, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
        return root;
    }
}
