using Microsoft.ML.OnnxRuntime;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;
using Xunit;

namespace Pqf.Onnx.Tests;

/// <summary>A model in ONNX Runtime, an implementation that shares nothing with ours. Fails where it warns.</summary>
sealed class OnnxRuntimeModel : IDisposable
{
    readonly InferenceSession session;

    public OnnxRuntimeModel(byte[] model, GraphOptimizationLevel level = GraphOptimizationLevel.ORT_ENABLE_ALL)
        : this(options => new(model, options), level)
    {
        Assert.Empty(OnnxRuntimeLog.Messages);
    }

    /// <summary>A model of another program in a file, which others may lie beside. It may be warned of.</summary>
    public OnnxRuntimeModel(string path)
        : this(options => new(path, options), GraphOptimizationLevel.ORT_ENABLE_BASIC) => OnnxRuntimeLog.Messages.Clear();

    OnnxRuntimeModel(Func<SessionOptions, InferenceSession> open, GraphOptimizationLevel level)
    {
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = level,
            IntraOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING,
        };
        OnnxRuntimeLog.Messages.Clear();
        session = open(options);
    }

    public InferenceSession Session => session;

    /// <summary>Logits of images [N, H, W, C].</summary>
    public float[] Run(Tensor<float> images)
    {
        var first = ChannelOrder.ToChannelsFirst(images);
        using var input = OrtValue.CreateTensorValueFromMemory(first.ToArray(), [.. first.Shape.Select(length => (long)length)]);
        using var run = new RunOptions();
        using var outputs = session.Run(run, [session.InputMetadata.Keys.First()], [input], [session.OutputMetadata.Keys.Single()]);
        Assert.Empty(OnnxRuntimeLog.Messages);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>All outputs by name, of an input as the model takes it.</summary>
    public IReadOnlyDictionary<string, float[]> RunAll(Tensor<float> x)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(x.ToArray(), [.. x.Shape.Select(length => (long)length)]);
        using var run = new RunOptions();
        string[] names = [.. session.OutputMetadata.Keys];
        using var outputs = session.Run(run, [session.InputMetadata.Keys.First()], [input], names);
        return names.Select((name, i) => (name, outputs[i].GetTensorDataAsSpan<float>().ToArray())).ToDictionary();
    }

    public void Dispose() => session.Dispose();
}
