//! What is recorded, and what that proves.
