namespace Pqf.Cli.Models;

/// <summary>Joins the display of a validation's progress with whoever reads its images.</summary>
/// <param name="Unit">What is counted: <c>images</c>.</param>
/// <param name="Count">How many a validation takes.</param>
sealed record ValidationProgress(string Unit, int Count)
{
    /// <summary>Called with the number done.</summary>
    public Action<double> Report { get; set; } = _ => { };
}
