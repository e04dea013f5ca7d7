/** An inference worker that fails before it can say so. */
throw new Error("it was told not to start");

export {};
