using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Xunit;

namespace Pqf.Testing;

/// <summary>What a browser makes of a page of one width.</summary>
/// <param name="Page">The page's name.</param>
/// <param name="Width">Columns of pixels that the page has.</param>
/// <param name="ContentWidth">Columns that its content takes.</param>
/// <param name="Background">Its colour, as CSS has it.</param>
/// <param name="BrokenImages">Images that cannot be shown.</param>
/// <param name="Characters">Letters that can be read.</param>
/// <param name="Contrast">Lowest contrast of a text with what is behind it, 1 to 21 as the Web Content Accessibility Guidelines have
/// it.</param>
/// <param name="Faint">The text of that contrast.</param>
public sealed record PageView(
    string Page,
    int Width,
    int ContentWidth,
    string Background,
    int BrokenImages,
    int Characters,
    double Contrast,
    string Faint
);

/// <summary>Shows pages in Chromium, without a window.</summary>
public static class Browser
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    // Measures each frame once all are loaded. A frame given as text may be read by the page around it.
    const string Script = """
        addEventListener('load', () => {
          const numbers = text => text.match(/[\d.]+/g).map(Number);
          const light = text => {
            const [r, g, b] = numbers(text).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const behind = (view, element) => {
            for (let e = element; e; e = e.parentElement) {
              const colour = view.getComputedStyle(e).backgroundColor, alpha = numbers(colour)[3];
              if (alpha === undefined || alpha === 1) return colour;
            }
            return 'rgb(255, 255, 255)';
          };
          const views = [...document.querySelectorAll('iframe')].map(frame => {
            const page = frame.contentDocument, root = page.documentElement, view = frame.contentWindow;
            let contrast = 21, faint = '';
            for (const element of page.querySelectorAll('body *:not(svg):not(svg *)')) {
              const own = [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim()).join('');
              if (!own || element.getClientRects().length === 0) continue;
              const [a, b] = [light(view.getComputedStyle(element).color), light(behind(view, element))].sort((x, y) => y - x);
              const ratio = (a + 0.05) / (b + 0.05);
              if (ratio < contrast) [contrast, faint] = [ratio, own.slice(0, 60)];
            }
            return {
              Page: frame.dataset.page, Width: root.clientWidth, ContentWidth: root.scrollWidth,
              Background: view.getComputedStyle(page.body).backgroundColor,
              BrokenImages: [...page.images].filter(image => !image.complete || image.naturalWidth === 0).length,
              Characters: page.body.innerText.length, Contrast: contrast, Faint: faint,
            };
          });
          document.getElementById('result').textContent = JSON.stringify(views);
        });
        """;

    /// <summary>Shows pages side by side, each in several widths; skips the test where no Chromium is installed.</summary>
    /// <param name="folder">Room for a file and for the browser's own.</param>
    /// <param name="pages">Files.</param>
    /// <param name="widths">In pixels.</param>
    /// <param name="isDark">Which colours the user prefers.</param>
    /// <returns>Each page in each width, and what the browser wrote to its console.</returns>
    public static (ImmutableArray<PageView> Views, ImmutableArray<string> Console) Show(
        string folder,
        IEnumerable<string> pages,
        IReadOnlyList<int> widths,
        bool isDark
    )
    {
        string? program = new[] { "chromium", "chromium-browser", "google-chrome" }
            .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(path => Path.Combine(path, name)))
            .FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "no Chromium is installed (Debian: chromium)");
        var frames = pages.SelectMany(page =>
            widths.Select(width =>
                $"<iframe width=\"{width}\" height=\"900\" style=\"border:0\" data-page=\"{WebUtility.HtmlEncode(page)}\" "
                + $"srcdoc=\"{WebUtility.HtmlEncode(File.ReadAllText(page))}\"></iframe>"
            )
        );
        string file = Path.Combine(folder, isDark ? "dark.html" : "light.html");
        File.WriteAllText(
            file,
            $"<!DOCTYPE html><html><body>{string.Concat(frames)}<pre id=\"result\"></pre><script>{Script}</script></body></html>"
        );
        var (output, error) = Run(
            program!,
            [
                "--headless",
                "--no-sandbox", // which a container's root cannot have
                "--disable-gpu",
                $"--user-data-dir={Path.Combine(folder, "browser")}",
                $"--blink-settings=preferredColorScheme={(isDark ? 0 : 1)}",
                "--virtual-time-budget=10000",
                "--enable-logging=stderr",
                "--dump-dom",
                new Uri(file).AbsoluteUri,
            ]
        );
        string[] parts = output.Split("<pre id=\"result\">");
        Assert.True(parts.Length == 2, error);
        string json = WebUtility.HtmlDecode(parts[1][..parts[1].IndexOf("</pre>", StringComparison.Ordinal)]);
        return (
            [.. JsonSerializer.Deserialize<PageView[]>(json)!],
            [.. error.Split('\n').Where(line => line.Contains(":CONSOLE", StringComparison.Ordinal))]
        );
    }

    static (string Output, string Error) Run(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(true);
            throw new TimeoutException($"{program} took more than {Limit.TotalSeconds} seconds");
        }

        return (output.Result, error.Result);
    }
}
