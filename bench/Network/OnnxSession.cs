using Microsoft.ML.OnnxRuntime;

namespace Pqf.Bench.Network;

/// <summary>ONNX Runtime on one model: all optimisations, as many threads as asked, all else as it comes.</summary>
sealed class OnnxSession : IDisposable
{
    readonly InferenceSession session;
    readonly RunOptions run = new();

    OnnxSession(Func<SessionOptions, InferenceSession> create, int threads)
    {
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            IntraOpNumThreads = threads,
        };
        session = create(options);
    }

    /// <summary>A model in memory.</summary>
    public static OnnxSession Of(byte[] model, int threads) => new(options => new InferenceSession(model, options), threads);

    /// <summary>A model in a file.</summary>
    public static OnnxSession Open(string path, int threads) => new(options => new InferenceSession(path, options), threads);

    /// <summary>The result for some images.</summary>
    /// <param name="images">[N, C, H, W].</param>
    /// <param name="shape">Their shape.</param>
    public float[] Logits(float[] images, long[] shape)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(images, shape);
        using var outputs = session.Run(run, ["input"], [input], ["logits"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    public void Dispose()
    {
        run.Dispose();
        session.Dispose();
    }
}
