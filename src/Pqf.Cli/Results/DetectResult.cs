using System.Globalization;
using Pqf.Cli.Shell;

namespace Pqf.Cli.Results;

/// <summary>What was found in photographs.</summary>
/// <param name="Images">In the order of the command line.</param>
/// <param name="File">The file of the same results in COCO's form; null where it was not written.</param>
/// <param name="Stages">What the stages took, with <c>--profile</c>.</param>
sealed record DetectResult(IReadOnlyList<DetectedImage> Images, string? File, IReadOnlyList<StageTime>? Stages) : CommandResult
{
    const int MostNamed = 3;

    // Images were shown when they came.

    /// <inheritdoc/>
    public override IEnumerable<string> Lines() =>
        [
            .. Stages is null ? [] : StageWatch.Table([.. Stages], Images.Count, "an image").Lines(),
            .. FilesBeside.Lines([.. PicturesText(), .. File is null ? [] : (string[])[File]]),
        ];

    /// <summary>The pictures' names; their number where there are many.</summary>
    string[] PicturesText()
    {
        string[] pictures = [.. Images.Select(image => image.Picture).OfType<string>()];
        return pictures.Length <= MostNamed ? pictures : [$"{pictures.Length} pictures in {Path.GetDirectoryName(pictures[0])}"];
    }
}

/// <summary>What was found in a photograph.</summary>
/// <param name="Path">The file.</param>
/// <param name="Picture">The picture with what was found; null where it was not written.</param>
/// <param name="Objects">By falling score.</param>
/// <param name="Problem">Why the photograph could not be used; null where it could.</param>
sealed record DetectedImage(string Path, string? Picture, IReadOnlyList<FoundObject> Objects, string? Problem) : IShown
{
    /// <inheritdoc/>
    public IEnumerable<string> Lines() =>
        [Path, .. Objects.Select(found => found.Line()), .. Objects.Count == 0 ? ["  nothing"] : (string[])[]];
}

/// <summary>An object.</summary>
/// <param name="Label">The class's number, from 1.</param>
/// <param name="Name">The class's name.</param>
/// <param name="Score">From 0 to 1.</param>
/// <param name="Box">In pixels of the photograph.</param>
sealed record FoundObject(int Label, string Name, double Score, FoundBox Box)
{
    internal string Line() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"  {100 * Score, 6:0.00} %  {Name} at {Box.X:0}, {Box.Y:0}, {Box.Width:0} × {Box.Height:0}"
        );
}

/// <summary>A box, in pixels.</summary>
/// <param name="X">Left edge.</param>
/// <param name="Y">Upper edge.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
sealed record FoundBox(double X, double Y, double Width, double Height);
