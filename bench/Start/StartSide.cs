using System.Runtime.InteropServices;
using Pqf.Bench.Network;
using Pqf.Nets.Images;

namespace Pqf.Bench.Start;

/// <summary>One way from a process's start to the logits of a photograph.</summary>
/// <param name="Name">For the report.</param>
/// <param name="Model">The file it loads.</param>
/// <param name="Threads">It may use.</param>
abstract record StartSide(string Name, string Model, int Threads)
{
    /// <summary>Starts a process and waits for its end.</summary>
    /// <param name="photograph">The photograph's file.</param>
    /// <param name="input">A file of it prepared, [1, C, H, W] singles.</param>
    public abstract Consumption Start(string photograph, string input);

    /// <summary>How far the logits of the last start are from those expected, as a part of the largest; null where the process prints
    /// classes only, and the first is right.</summary>
    /// <exception cref="InvalidOperationException">The first class is wrong.</exception>
    public abstract double? Difference(Consumption last, float[] expected);

    /// <summary><c>pqf classify</c> on the photograph's file.</summary>
    public sealed record Program(string Executable, string Model, int Threads) : StartSide("pqf classify", Model, Threads)
    {
        public override Consumption Start(string photograph, string input) =>
            MeasuredProcess.Of(Executable, "classify", Model, photograph, "--top", "1", "--threads", $"{Threads}");

        public override double? Difference(Consumption last, float[] expected)
        {
            string name = ImageNetClasses.Table.All[expected.AsSpan().IndexOf(expected.Max())].Name;
            return last.Output.TrimEnd().EndsWith($"%  {name}", StringComparison.Ordinal)
                ? null
                : throw new InvalidOperationException($"{Executable}: expected {name}, got {last.Output}");
        }
    }

    /// <summary>This program itself, as a process that does nothing else: <see cref="FirstLogits"/>.</summary>
    /// <param name="Name">For the report.</param>
    /// <param name="Computes">Who computes, as in <see cref="Runner"/>.</param>
    /// <param name="Model">The file it loads.</param>
    /// <param name="Threads">It may use.</param>
    public sealed record Library(string Name, string Computes, string Model, int Threads) : StartSide(Name, Model, Threads)
    {
        string LogitsFile => $"{Model}.{Computes}.logits";

        /// <summary>Those of the last start.</summary>
        public float[] Logits => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(LogitsFile)).ToArray();

        public override Consumption Start(string photograph, string input) =>
            MeasuredProcess.Of(OwnProgram.Path, FirstLogits.Arguments(Computes, Threads, Model, input, LogitsFile));

        public override double? Difference(Consumption last, float[] expected) => NetworkBench.Difference(expected, Logits);
    }
}
