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

    /// <summary>What a model of one input and one output gives for some images.</summary>
    /// <param name="images">[N, C, H, W].</param>
    /// <param name="shape">Their shape.</param>
    public float[] Logits(float[] images, long[] shape)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(images, shape);
        using var outputs = session.Run(run, session.InputNames, [input], session.OutputNames);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>What a detector's model finds in a photograph.</summary>
    /// <param name="photograph">[3, H, W], 0 … 1.</param>
    /// <param name="shape">Its shape.</param>
    public (float[] Boxes, long[] Labels, float[] Scores, float[] Masks) Objects(float[] photograph, long[] shape)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(photograph, shape);
        using var outputs = session.Run(run, ["image"], [input], ["boxes", "labels", "scores", "masks"]);
        float[] Values(int i) => outputs[i].GetTensorDataAsSpan<float>().ToArray();
        return (Values(0), outputs[1].GetTensorDataAsSpan<long>().ToArray(), Values(2), Values(3));
    }

    public void Dispose()
    {
        run.Dispose();
        session.Dispose();
    }
}
