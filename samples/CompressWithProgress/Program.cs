// Compresses a network of your own and shows how far the work is.
//   CompressWithProgress resnet18.pth small.pqf [FOLDER OF PHOTOGRAPHS] [RATIO]
using System.Globalization;
using Pqf;
using Pqf.Tensors;

if (args.Length < 2)
{
    Console.Error.WriteLine("usage: CompressWithProgress NETWORK OUTPUT [PHOTOGRAPHS] [RATIO]");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
try
{
    using var dense = ImageNetwork.Load(args[0]);
    using var small = dense.Compress(
        new CompressSettings
        {
            Images = args.Length > 2 ? args[2] : null,
            TargetRatio = args.Length > 3 ? double.Parse(args[3], CultureInfo.InvariantCulture) : null,
            ClusteringIterations = 20,
        },
        new Line(),
        stop.Token
    );
    small.Save(args[1]);
    Console.WriteLine($"{args[1]}: {small.SizeBytes} bytes of weights, {small.Ratio:F2} times smaller");
    return 0;
}
catch (PqfException problem)
{
    Console.Error.WriteLine(problem.Message);
    return 1;
}

/// <summary>Reports at once, on the thread of the work. <see cref="Progress{T}"/> would report later, on another thread.</summary>
sealed class Line : IProgress<WorkProgress>
{
    string stage = "";

    public void Report(WorkProgress value)
    {
        if (value.Note is { } note)
            Console.Error.WriteLine(note);
        else if (value.Stage != stage)
            Console.Error.WriteLine($"{stage = value.Stage}: {value.Total} {value.Unit}");
    }
}
