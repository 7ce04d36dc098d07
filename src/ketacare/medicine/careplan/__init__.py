"""What a care plan says and how two of its versions differ; and what a patient may read, and when they read least."""
