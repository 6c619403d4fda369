using System.Diagnostics;
using System.Globalization;
using Pqf.Nets.Execution;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Bench.Network;

/// <summary>A network ready to run, whoever computes it. Both sides start from the same images [N, C, H, W] in managed memory and end with
/// logits in managed memory.</summary>
abstract class Runner : IDisposable
{
    /// <summary>Who computes.</summary>
    public const string Ours = "pqf",
        Peer = "onnxruntime";

    /// <summary>Times of calls one after the other, each with the next input.</summary>
    public abstract double[] TimesMs(int calls);

    /// <summary>The result for one of the inputs.</summary>
    public abstract float[] Logits(int input);

    public abstract void Dispose();

    public static Runner Create(string name, NetworkCase network) => name == Ours ? new PqfRunner(network) : new OnnxRuntimeRunner(network);
}

/// <summary>A runner within this process.</summary>
abstract class LocalRunner(NetworkCase network) : Runner
{
    int next;

    protected float[][] Inputs { get; } = [.. Enumerable.Range(0, Bench.Inputs.Count).Select(network.Input)];

    public override double[] TimesMs(int calls)
    {
        double[] times = new double[calls];
        for (int i = 0; i < calls; i++)
        {
            long start = Stopwatch.GetTimestamp();
            Logits(next++ % Inputs.Length);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        return times;
    }
}

/// <summary>Our own, through the public API. The images' change of order is counted.</summary>
sealed class PqfRunner : LocalRunner
{
    readonly HostDevice device;
    readonly Scope scope;
    readonly InferencePlan plan;
    readonly Shape input;

    public PqfRunner(NetworkCase network)
        : base(network)
    {
        device = new HostDevice(network.Threads);
        scope = device.BeginScope();
        input = network.ChannelsFirst;
        plan = InferencePlan.Compile(network.Graph, network.Parameters(device), device, network.ChannelsLast);
    }

    public override float[] Logits(int input)
    {
        using var call = device.BeginScope();
        return plan.Run(ChannelOrder.ToChannelsLast(device, this.input, Inputs[input])).ToArray();
    }

    public override void Dispose()
    {
        scope.Dispose();
        device.Dispose();
    }
}

/// <summary>ONNX Runtime on the model itself, or on our dense model of an architecture.</summary>
sealed class OnnxRuntimeRunner : LocalRunner
{
    readonly OnnxSession session;
    readonly long[] input;

    public OnnxRuntimeRunner(NetworkCase network)
        : base(network)
    {
        session = network.Path is { } path ? OnnxSession.Open(path, network.Threads) : OnnxSession.Of(DenseModel(network), network.Threads);
        input = [.. network.ChannelsFirst.Select(length => (long)length)];
    }

    static byte[] DenseModel(NetworkCase network)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        using var model = new MemoryStream();
        OnnxWriter.Write(model, network.Graph, network.Parameters(device), network.ChannelsLast, new Dictionary<string, string>());
        return model.ToArray();
    }

    public override float[] Logits(int input) => session.Logits(Inputs[input], this.input);

    public override void Dispose() => session.Dispose();
}

/// <summary>A runner in a process of its own, so that no thread of one side disturbs the other: it answers lines of its input with lines of
/// output.</summary>
sealed class ProcessRunner : Runner
{
    /// <summary>First argument of such a process; the name of the runner and the case follow.</summary>
    public const string Command = "network-child";

    readonly Process process;

    public ProcessRunner(string name, NetworkCase network)
    {
        var start = new ProcessStartInfo(OwnProgram.Path, [Command, name, .. network.ToArguments()])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        process = Process.Start(start)!;
    }

    public override double[] TimesMs(int calls) =>
        [.. Ask($"times {calls}").Select(text => double.Parse(text, CultureInfo.InvariantCulture))];

    public override float[] Logits(int input) =>
        [.. Ask($"logits {input}").Select(text => float.Parse(text, CultureInfo.InvariantCulture))];

    public override void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }

    /// <summary>What the process does.</summary>
    public static void Serve(string name, NetworkCase network)
    {
        using var runner = Create(name, network);
        while (Console.ReadLine() is { } line)
        {
            int number = int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
            Console.WriteLine(
                line.StartsWith("times", StringComparison.Ordinal) ? Text(runner.TimesMs(number)) : Text(runner.Logits(number))
            );
        }
    }

    static string Text<T>(T[] values)
        where T : IFormattable => string.Join(' ', values.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));

    string[] Ask(string line)
    {
        process.StandardInput.WriteLine(line);
        return (process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the bench's process ended early")).Split(' ');
    }
}
