namespace Pqf;

/// <summary>How a classifier is trained. Defaults are the paper's (arXiv 2010.15703, section 5).</summary>
public sealed record TrainSettings
{
    /// <summary>Folder for networks, states and logs.</summary>
    public required string Output { get; init; }

    /// <summary>Resumes the run in <see cref="Output"/> from its latest state. By default a new run begins.</summary>
    public bool Resumes { get; init; }

    /// <summary>Passes over the images.</summary>
    public int Epochs { get; init; } = 9;

    /// <summary>Learning rate of the first step; it falls to 1e-6 along a cosine.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Images of one step; null for the usual number.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Number of images of each class to train on; the rest validate. For data without a folder <c>train</c>.</summary>
    public int? TrainImagesPerClass { get; init; }

    /// <summary>Compresses a dense network before it is trained; null trains it as it is. The images are those of the training.</summary>
    public CompressSettings? Compress { get; init; }

    /// <summary>Whether images that cannot be decoded are left out. By default such an image is an error.</summary>
    public bool SkipsCorrupt { get; init; }

    /// <summary>Threads; 0 takes all cores.</summary>
    public int ThreadCount { get; init; }

    /// <summary>One seed gives one network, whatever the number of threads.</summary>
    public long Seed { get; init; }
}
