using System.Globalization;
using System.Runtime.InteropServices;
using Pqf.Bench.Network;
using Pqf.Compression.Model;
using Pqf.Nets.Execution;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Bench.Start;

/// <summary>A process that loads a network, runs it once and ends.</summary>
static class FirstLogits
{
    /// <summary>First argument of such a process; those of <see cref="Arguments"/> follow.</summary>
    public const string Command = "start-child";

    /// <summary>Arguments of a process.</summary>
    /// <param name="side">Who computes, as in <see cref="Runner"/>.</param>
    /// <param name="threads">Threads it may use.</param>
    /// <param name="model">A <c>.pqf</c> for our side, an <c>.onnx</c> for the peer.</param>
    /// <param name="input">File of one prepared image, [1, C, H, W] singles.</param>
    /// <param name="logits">File to write, singles.</param>
    public static string[] Arguments(string side, int threads, string model, string input, string logits) =>
        [Command, side, threads.ToString(CultureInfo.InvariantCulture), model, input, logits];

    /// <summary>What the process does.</summary>
    public static void Serve(string side, int threads, string model, string input, string logits)
    {
        float[] image = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(input)).ToArray();
        File.WriteAllBytes(
            logits,
            MemoryMarshal.AsBytes<float>(side == Runner.Ours ? Ours(threads, model, image) : Peer(threads, model, image))
        );
    }

    /// <summary>As <c>pqf classify</c>: the low-memory plan, whose weights are packed from codes.</summary>
    static float[] Ours(int threads, string model, float[] image)
    {
        using var device = new HostDevice(threads);
        using var scope = device.BeginScope();
        using var file = TensorFiles.Open(model).Value();
        var network = PqfModel.From(file, device).Value();
        int side = network.Preprocessing.Crop,
            channels = network.Preprocessing.Channels;
        var plan = InferencePlan.Compile(
            network.Graph,
            network.Parameters,
            device,
            [1, side, side, channels],
            new InferenceOptions { Memory = PlanMemory.Least }
        );
        return plan.Run(ChannelOrder.ToChannelsLast(device, [1, channels, side, side], image)).ToArray();
    }

    static float[] Peer(int threads, string model, float[] image)
    {
        using var session = OnnxSession.Open(model, threads);
        return session.Logits(image, [1, 3, PhotographSet.Side, PhotographSet.Side]);
    }
}
